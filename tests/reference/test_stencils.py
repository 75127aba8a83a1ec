"""Differences on points of any distances."""

import numpy as np
import pytest

from hpcpinn.reference import stencils

EPS = np.finfo(float).eps


def test_points_cluster_at_both_ends_and_are_shared_with_twice_as_many():
    x = stencils.clustered(8)
    assert (x[0], x[-1]) == (0, 1)
    np.testing.assert_allclose(x, 1 - x[::-1], rtol=0, atol=EPS)
    np.testing.assert_allclose(stencils.clustered(16)[::2], x, rtol=0, atol=EPS)


def test_derivatives_of_a_parabola_are_exact():
    x = stencils.clustered(9)
    np.testing.assert_allclose(stencils.first(x) @ (3 * x**2 - x), 6 * x[1:-1] - 1, rtol=0, atol=1e3 * EPS)
    np.testing.assert_allclose(stencils.second(x) @ (3 * x**2 - x), np.full(8, 6.0), rtol=1e4 * EPS)


@pytest.mark.parametrize(("derivative", "exact"), [(stencils.first, np.cos), (stencils.second, lambda x: -np.sin(x))])
def test_they_are_of_second_order(derivative, exact):
    def error(cells):
        x = stencils.clustered(cells)
        return np.abs(derivative(x) @ np.sin(x) - exact(x[1:-1])).max()

    assert np.log2(error(32) / error(64)) == pytest.approx(2, abs=0.2)


def test_at_a_wall_the_second_derivative_of_a_cubic_is_exact():
    """x²(1 - x) has slopes 0 and -1, and (1 - x)²x the same from the other end."""
    x = stencils.clustered(12)
    for cubic, slope in ((x**2 * (1 - x), (0, 1)), (x * (1 - x) ** 2, (1, 0))):
        found = stencils.second_between_walls(x) @ cubic[1:-1]
        found[[0, -1]] += stencils.wall_slope(x) * np.array(slope)
        expected = (2, -4) if slope == (0, 1) else (-4, 2)
        np.testing.assert_allclose(found[[0, -1]], expected, rtol=1e5 * EPS)
