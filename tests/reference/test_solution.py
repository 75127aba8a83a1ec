"""Splines through a tensor grid: exact for polynomials, of the stated order, and refused where nothing is known."""

import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.reference.solution import Solution

EPS = np.finfo(float).eps
POINTS = np.random.default_rng(0).uniform([0, -1, 2], [1, 1, 4], (200, 3))


def axes(count):
    """Denser towards one end, and of different lengths."""
    s = np.linspace(0, 1, count)
    return {"t": s**1.2, "x": 2 * s - 1, "y": np.linspace(2, 4, count + 3)}


def solution(function, count, degree):
    given = axes(count)
    values = function(*np.meshgrid(*given.values(), indexing="ij"))
    return Solution(given, {"u": values, "twice": 2 * values}, degree)


@pytest.mark.parametrize("degree", [3, 5])
def test_polynomials_of_the_degree_are_exact(degree):
    def polynomial(t, x, y):
        return (t - x) ** degree + y * x**degree - (t * y / 4) ** degree

    found = solution(polynomial, 8, degree).at(POINTS)
    assert list(found) == ["u", "twice"]
    np.testing.assert_allclose(found["u"], polynomial(*POINTS.T), rtol=0, atol=1e4 * EPS)
    np.testing.assert_allclose(found["twice"], 2 * found["u"], rtol=0, atol=1e4 * EPS)


@pytest.mark.parametrize("degree", [3, 5])
def test_the_error_falls_with_the_order(degree):
    def wave(t, x, y):
        return np.sin(4 * t + x) * np.cos(x - 2 * y)

    errors_ = [np.abs(solution(wave, n, degree).at(POINTS)["u"] - wave(*POINTS.T)).max() for n in (17, 33)]
    assert np.log2(errors_[0] / errors_[1]) > degree + 0.5


def test_the_grid_itself_comes_back_with_its_ends():
    made = solution(lambda t, x, y: np.exp(t * x) + y, 9, 5)
    points = np.stack(np.meshgrid(*made.axes.values(), indexing="ij"), axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(made.at(points)["u"], made.fields["u"].ravel(), rtol=1e3 * EPS)


def test_outside_nothing_is_known():
    line = Solution({"x": np.linspace(0, 0.9, 7)}, {"u": np.ones(7)})
    with pytest.raises(errors.ProblemError, match=r"at x = 1; allowed: 0 to 0.9.*axis `x` reach from one end"):
        line.at(np.array([[0.5], [1.0]]))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"degree": 4}, r"`degree` of a solution is 4; allowed: 3 or 5"),
        ({"axes": {"x": np.linspace(0, 1, 5)}}, r"the axis `x` .* allowed: at least 6 finite numbers that increase"),
        ({"axes": {"x": np.linspace(1, 0, 9)}}, r"the axis `x` of a solution is \[1\. .*that increase"),
        ({"axes": {"x": np.append(np.arange(8.0), np.inf)}}, "the axis `x` .* finite"),
        ({"fields": {"u": np.ones((9, 1))}}, r"the field `u` .* shape \(9, 1\); allowed: \(9,\), .* axes x. Transpose"),
        ({"fields": {"u": np.full(9, np.nan)}}, "the field `u` of a solution is not finite everywhere"),
    ],
)
def test_what_does_not_fit_is_refused(parts, message):
    whole = {"axes": {"x": np.linspace(0, 1, 9)}, "fields": {"u": np.ones(9)}, "degree": 5}
    with pytest.raises(errors.ProblemError, match=message):
        Solution(**(whole | parts))
