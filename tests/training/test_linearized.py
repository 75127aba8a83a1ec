"""Linearised dynamics against the recursion that they solve."""

import numpy as np
import pytest

from hpcpinn.training import stability
from hpcpinn.training.linearized import linearized


@pytest.fixture
def problem():
    random = np.random.default_rng(0)
    jacobian = random.standard_normal((5, 9))
    return jacobian @ jacobian.T, random.uniform(0.2, 2, 5), random.standard_normal(5)


def step_by_step(kernel, weights, residuals, rate, steps):
    """The slow obvious way: r <- r - 2 eta K W r."""
    for _ in range(steps):
        residuals = residuals - 2 * rate * kernel @ (weights * residuals)
    return residuals


@pytest.mark.parametrize("steps", [0, 1, 7, 500])
def test_it_is_the_recursion_of_gradient_descent(problem, steps):
    kernel, weights, start = problem
    rate = 0.5 * stability.edge(kernel, weights)
    dynamics = linearized(kernel, weights)
    found = dynamics.residuals(dynamics.after(dynamics.modes(start), rate, steps))
    np.testing.assert_allclose(found, step_by_step(kernel, weights, start, rate, steps), rtol=0, atol=1e-12)


def test_modes_have_the_norm_of_the_weighted_residuals_and_lead_back_to_them(problem):
    kernel, weights, start = problem
    dynamics = linearized(kernel, weights)
    modes = dynamics.modes(start)
    assert np.sum(modes**2) == pytest.approx(np.sum(weights * start**2), rel=1e-13)
    np.testing.assert_allclose(dynamics.residuals(modes), start, rtol=1e-12)
    assert (np.diff(dynamics.eigenvalues) <= 0).all()


def test_the_loss_grows_beyond_the_edge_of_stability_and_falls_below_it(problem):
    kernel, weights, start = problem
    dynamics, edge = linearized(kernel, weights), stability.edge(kernel, weights)
    first = dynamics.modes(start)
    assert abs(dynamics.after(first, 1.01 * edge, 100)[0]) > abs(first[0])
    assert (abs(dynamics.after(first, 0.99 * edge, 100)) < abs(first)).all()
    assert np.isinf(dynamics.after(first, 1e3 * edge, 10**6)[0])


def test_a_kernel_that_is_not_finite_predicts_nothing(problem):
    _, weights, start = problem
    assert np.isnan(linearized(np.full((5, 5), np.nan), weights).modes(start)).all()
