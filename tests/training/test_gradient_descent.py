"""Gradient descent against a loop that is written out, and against the theory of a kernel that does not move."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from hpcpinn.kernel import jacobian
from hpcpinn.training import loss, trajectory


def by_hand(case, learning_rate, steps):
    """The same steps with residuals by nested differentiation of the plain forward pass, one jax.grad per step."""

    @jax.jit
    def total(params):
        parts = []
        for name, weight in case.weights:
            term = case.problem.terms[name]
            rows = [jacobian.residual(case.problem, term, case.network, params, x) for x in case.x[name]]
            parts.append(weight * jnp.sum(jnp.stack(rows) ** 2))
        return sum(parts)

    slope = jax.jit(jax.grad(total))
    params = case.params
    for _ in range(steps):
        params = jax.tree.map(lambda leaf, g: leaf - learning_rate * g, params, slope(params))
    return params


def bits(params):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(params)]


def path(case, learning_rate, record):
    def advance(params, _, steps):
        return case.descend(learning_rate, steps, params)

    return list(trajectory.trajectory(advance, case.params, record))


def test_it_is_the_loop_over_gradients(case):
    rate = 0.1 * case.edge  # far from the edge, where round-off is not amplified
    expected = by_hand(case, rate, 10)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-12), case.descend(rate, 10), expected)


def test_no_steps_change_nothing(case):
    assert bits(case.descend(0.1, 0)) == bits(case.params)


def test_the_recorded_steps_do_not_change_the_bits(case, monkeypatch):
    rate = 0.5 * case.edge
    straight = path(case, rate, [0, 10])
    stops = path(case, rate, [0, 3, 7, 10])
    assert bits(stops[-1]) == bits(straight[-1])
    assert bits(stops[0]) == bits(straight[0]) == bits(case.params)
    monkeypatch.setattr(trajectory, "_STRIDE", 4)
    assert [bits(params) for params in path(case, rate, [0, 3, 7, 10])] == [bits(params) for params in stops]


def test_a_trajectory_is_taken_at_the_recorded_steps(case):
    rate = 0.5 * case.edge
    for step, params in zip([0, 3, 7], path(case, rate, [0, 3, 7]), strict=True):
        assert bits(params) == bits(case.descend(rate, step))


def flow_error(case, steps=100):
    """Distance of the residuals from exp(-K t) r(0) at the time t = 1/lambda_max, relative to r(0)."""
    start = case.residuals(case.params)
    time = 1 / np.linalg.eigvalsh(case.kernel)[-1]
    reached = case.residuals(case.descend(time / steps, steps))
    return np.linalg.norm(reached - scipy.linalg.expm(-case.kernel * time) @ start) / np.linalg.norm(start)


def test_half_the_sum_of_squares_follows_the_gradient_flow_of_a_frozen_kernel_as_the_network_widens(make_case):
    """r(t) = exp(-K t) r(0) with an error that falls at least like N^(-1/2) (Jacot, Gabriel and Hongler 2018).

    Measured with 8 seeds: 0.17 at N = 64, 0.023 at 1024, 0.0027 at 16384; it tends to 1/N (Dyer and Gur-Ari 2020).
    """
    narrow, wide = (np.mean([flow_error(make_case(n, "half_sum", seed)) for seed in range(8)]) for n in (64, 4096))
    exponent = np.log(wide / narrow) / np.log(4096 / 64)
    assert -1.0 < exponent < -0.5


@pytest.mark.parametrize("normalization", sorted(loss.NORMALIZATIONS))
def test_one_small_step_moves_the_residuals_along_the_weighted_kernel(make_case, normalization):
    """dr = -2 eta K W r for every loss; dr = -eta K r for half the sum."""
    case = make_case(16, normalization)
    rate = 1e-6 * case.edge
    start = case.residuals(case.params)
    moved = (case.residuals(case.descend(rate, 1)) - start) / rate
    expected = -2 * case.kernel @ (case.row_weights * start)
    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_halving_the_learning_rate_halves_the_distance_to_the_flow(make_case):
    """Gradient descent is the Euler method: its error is of first order in the learning rate."""
    case = make_case(16, "half_sum")
    time = 1 / np.linalg.eigvalsh(case.kernel)[-1]
    coarse, middle, fine = (case.residuals(case.descend(time / steps, steps)) for steps in (100, 200, 400))
    ratio = np.linalg.norm(coarse - middle) / np.linalg.norm(middle - fine)
    assert abs(ratio - 2) < 0.05
