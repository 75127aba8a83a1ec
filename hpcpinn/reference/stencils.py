"""Differences along a line of points with any distances, as sparse matrices."""

import numpy as np
from jaxtyping import Float
from scipy import sparse

_Points = Float[np.ndarray, " point"]


def clustered(cells: int) -> _Points:
    r"""Points $(1 - \cos(\pi k/n))/2$ of $[0, 1]$, denser towards both ends, and shared with $2n$ cells."""
    return (1 - np.cos(np.pi * np.arange(cells + 1) / cells)) / 2


def first(x: _Points) -> sparse.csr_array:
    """The first derivative at inner points from the values at all, of second order."""
    a, b = np.diff(x)[:-1], np.diff(x)[1:]
    return _three(-b / (a * (a + b)), (b - a) / (a * b), a / (b * (a + b)))


def second(x: _Points) -> sparse.csr_array:
    """The second derivative at inner points from the values at all, of second order where distances vary smoothly."""
    a, b = np.diff(x)[:-1], np.diff(x)[1:]
    return _three(2 / (a * (a + b)), -2 / (a * b), 2 / (b * (a + b)))


def padded(points: int) -> sparse.csr_array:
    """Values at inner points as values at all points, zero at both ends."""
    return sparse.csr_array(sparse.eye_array(points, points - 2, k=-1))


def second_between_walls(x: _Points) -> sparse.csr_array:
    r"""The second derivative at all points from the values at inner ones, of a function that vanishes at both ends.

    At the ends it is $2a$ of the cubic $s y + a y^2 + b y^3$ through the nearest two points at distances $y$;
    here with a slope $s = 0$, see `wall_slope`.
    """
    near, next_ = _wall(x)
    count = len(x) - 2
    left = sparse.csr_array((np.array([near, next_]), ([0, 0], [0, 1])), shape=(1, count))
    right = sparse.csr_array((np.array([near, next_]), ([0, 0], [count - 1, count - 2])), shape=(1, count))
    return sparse.csr_array(sparse.vstack([left, second(x) @ padded(len(x)), right]))


def wall_slope(x: _Points) -> float:
    """What a slope of one away from an end, into the domain, adds to the second derivative there."""
    near, next_ = _wall(x)
    return -(near * (x[1] - x[0]) + next_ * (x[2] - x[0]))


def _wall(x: _Points) -> tuple[float, float]:
    one, two = x[1] - x[0], x[2] - x[0]
    return 2 * two / ((two - one) * one**2), -2 * one / ((two - one) * two**2)


def _three(before: _Points, here: _Points, after: _Points) -> sparse.csr_array:
    rows = np.arange(len(here))
    places = np.tile(rows, 3), np.concatenate([rows, rows + 1, rows + 2])
    return sparse.csr_array((np.concatenate([before, here, after]), places), shape=(len(here), len(here) + 2))
