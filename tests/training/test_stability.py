"""The stability edge is where gradient descent on linear residuals stops to contract."""

import numpy as np
import pytest

from hpcpinn.training import stability


@pytest.fixture(scope="module")
def kernel():
    factor = np.random.default_rng(0).standard_normal((6, 9))
    return factor @ factor.T


@pytest.fixture(scope="module")
def weights():
    return np.array([0.25] * 4 + [0.5] * 2)


def linear_losses(kernel, weights, learning_rate, steps=200):
    """L = r^T W r along r <- r - 2 eta K W r, which is gradient descent when the Jacobian does not change."""
    r = np.linspace(1, 2, len(kernel))
    losses = []
    for _ in range(steps):
        losses.append(weights @ r**2)
        r = r - 2 * learning_rate * kernel @ (weights * r)
    return np.array(losses)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9, 0.999])
def test_below_it_the_loss_of_linear_residuals_never_grows(kernel, weights, fraction):
    losses = linear_losses(kernel, weights, fraction * stability.edge(kernel, weights))
    assert (np.diff(losses) <= 0).all()


@pytest.mark.parametrize("fraction", [1.01, 1.5])
def test_above_it_the_loss_of_linear_residuals_grows_without_bound(kernel, weights, fraction):
    losses = linear_losses(kernel, weights, fraction * stability.edge(kernel, weights))
    growth = (2 * fraction - 1) ** 2  # the factor 1 - 2 eta lambda of the stiffest direction, squared
    assert losses[-1] / losses[-2] == pytest.approx(growth, rel=1e-6)


def test_equal_weights_only_scale_it(kernel):
    def edge(weight):
        return stability.edge(kernel, np.full(6, weight))

    assert edge(1.0) == pytest.approx(1 / np.linalg.eigvalsh(kernel)[-1], rel=1e-13)
    assert edge(1 / 6) == pytest.approx(6 * edge(1.0), rel=1e-13)
    assert edge(1 / 2) == pytest.approx(2 * edge(1.0), rel=1e-13)


def test_it_is_the_inverse_of_the_largest_eigenvalue_of_k_times_w(kernel, weights):
    largest = np.linalg.eigvals(kernel * weights).real.max()
    assert stability.edge(kernel, weights) == pytest.approx(1 / largest, rel=1e-12)


def test_a_kernel_that_is_not_finite_has_none(kernel, weights):
    broken = kernel.copy()
    broken[0, 0] = np.nan
    assert np.isnan(stability.edge(broken, weights))


def test_a_wide_network_obeys_it(make_case):
    case = make_case(width=4096)

    def losses(fraction):
        params, found = case.params, [case.loss(case.params)]
        for _ in range(10):
            params = case.descend(fraction * case.edge, 1, params)
            found.append(case.loss(params))
        return np.array(found)

    assert (np.diff(losses(0.9)) < 0).all()
    assert losses(1.5)[-1] > 10 * losses(1.5)[0]
