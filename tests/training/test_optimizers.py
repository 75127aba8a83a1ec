"""First-order optimisers and L-BFGS against the rules written out, and against scipy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from jax.flatten_util import ravel_pytree
from scipy import optimize

from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.optimizers.gd import GradientDescent
from hpcpinn.training.optimizers.lbfgs import LBFGS
from hpcpinn.training.optimizers.linearized import LinearizedDescent
from hpcpinn.training.schedules import Decay


def flat(params):
    return np.asarray(ravel_pytree(params)[0])


@pytest.fixture(scope="module")
def by_hand(case):
    """The loss and its gradient as functions of one vector, by plain differentiation."""
    start, whole = ravel_pytree(case.params)
    roots = np.sqrt(case.row_weights)

    def total(theta):
        return jnp.sum((roots * jnp.concatenate(case.objective.parts(whole(theta), case.x))) ** 2)

    return np.asarray(start), jax.jit(total), jax.jit(jax.grad(total))


@pytest.mark.parametrize(
    ("decay", "factor"),
    [
        (Decay(), lambda k: 1.0),
        (Decay(0.9, 4), lambda k: 0.9 ** (k / 4)),
        (Decay(0.9, 4, stairs=True), lambda k: 0.9 ** (k // 4)),
    ],
)
def test_gradient_descent_with_a_rate_that_falls(case, by_hand, decay, factor):
    theta, _, slope = by_hand
    for k in range(10):
        theta = theta - 0.1 * case.edge * factor(k) * slope(theta)
    found = case.train(case.method(GradientDescent(decay)), 10, 0.1 * case.edge)
    np.testing.assert_allclose(flat(found.params), theta, rtol=0, atol=1e-12)


def test_adam_is_its_rule_written_out(case, by_hand):
    theta, _, slope = by_hand
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    for k in range(1, 21):
        g = np.asarray(slope(theta))
        mean, square = 0.8 * mean + 0.2 * g, 0.99 * square + 0.01 * g**2
        step = mean / (1 - 0.8**k) / (np.sqrt(square / (1 - 0.99**k)) + 1e-6)
        theta = theta - 1e-2 * 0.9 ** ((k - 1) / 5) * step
    found = case.train(case.method(Adam(b1=0.8, b2=0.99, eps=1e-6, decay=Decay(0.9, 5))), 20, 1e-2)
    np.testing.assert_allclose(flat(found.params), theta, rtol=0, atol=1e-10)


def test_lbfgs_gets_where_that_of_scipy_gets(case, by_hand):
    start, total, slope = by_hand
    options = {"maxiter": 40, "maxcor": 10, "ftol": 0, "gtol": 0}
    reached = optimize.minimize(total, start, jac=slope, method="L-BFGS-B", options=options).fun
    method = case.method(LBFGS())
    losses = [float(total(flat(case.train(method, steps).params))) for steps in (0, 10, 40)]
    assert losses[0] > 10 * losses[1] > 100 * losses[2]
    assert losses[2] < 100 * reached  # both fall by six decades


def test_each_step_of_lbfgs_satisfies_the_wolfe_conditions(case, by_hand):
    _, total, slope = by_hand
    method = case.method(LBFGS())
    state = case.begin(method)
    for _ in range(8):
        after = case.train(method, 1, state=state)
        then, now = flat(state.params), flat(after.params)
        moved = now - then
        assert total(now) <= total(then) + 1e-4 * moved @ slope(then)
        assert abs(moved @ slope(now)) <= 0.9 * abs(moved @ slope(then))
        state = after


def test_the_linear_model_follows_the_recursion_of_its_kernel(case):
    """s(k) = (I - 2 eta K_s)^k s(0), without end, while the network itself goes elsewhere."""
    rate, steps = 0.5 * case.edge, 300
    after = case.train(case.method(LinearizedDescent()), steps, rate)
    moved = jax.tree.map(jnp.subtract, after.params, case.params)
    _, along = jax.jvp(lambda theta: jnp.concatenate(case.objective.parts(theta, case.x)), (case.params,), (moved,))
    start, kernel = case.residuals(case.params), case.kernel
    expected = start
    for _ in range(steps):
        expected = expected - 2 * rate * kernel @ (case.row_weights * expected)
    np.testing.assert_allclose(start + along, expected, rtol=0, atol=1e-10 * np.abs(start).max())


@pytest.mark.parametrize(("times", "steps"), [(1, 1000), (20, 4000)])
def test_the_linear_model_of_a_wide_network_follows_the_flow_of_its_kernel(make_case, times, steps):
    """r(t) = exp(-K t) r(0) to 1e-3, at multiples of the time in which its fastest part falls by e.

    Gradient descent is the Euler method: it is off by (lambda t)^2 / 2 steps in every part, times exp(-lambda t).
    """
    case = make_case(1024, "half_sum")
    kernel, start = case.kernel, case.residuals(case.params)
    time = times / np.linalg.eigvalsh(kernel)[-1]
    after = case.train(case.method(LinearizedDescent()), steps, time / steps)
    moved = jax.tree.map(jnp.subtract, after.params, case.params)
    _, along = jax.jvp(lambda theta: jnp.concatenate(case.objective.parts(theta, case.x)), (case.params,), (moved,))
    expected = scipy.linalg.expm(-kernel * time) @ start
    assert np.linalg.norm(start + along - expected) < 1e-3 * np.linalg.norm(start)


def test_renewed_at_every_step_the_linear_model_is_gradient_descent(case):
    rate = 0.03 * case.edge
    model = case.train(case.method(LinearizedDescent(renewed=1)), 20, rate)
    np.testing.assert_allclose(flat(model.params), flat(case.descend(rate, 20)), rtol=0, atol=1e-14)


def test_renewed_every_few_steps_the_linear_model_comes_closer_to_gradient_descent(make_case):
    case = make_case(64)
    rate = 0.02 * case.edge
    truth = flat(case.descend(rate, 64))
    models = (case.train(case.method(LinearizedDescent(renewed=every)), 64, rate) for every in (None, 16, 4))
    never, seldom, often = (np.linalg.norm(flat(model.params) - truth) for model in models)
    assert never > 2 * seldom > 4 * often > 0


@pytest.mark.parametrize(
    "optimizer",
    [GradientDescent(Decay(0.9, 7)), Adam(), LBFGS(), LinearizedDescent(renewed=3)],
    ids=lambda one: type(one).__name__,
)
def test_a_path_in_parts_has_the_bits_of_a_path_at_once(case, optimizer):
    method, rate = case.method(optimizer), 0.1 * case.edge
    whole = case.train(method, 12, rate)
    part = case.train(method, 5, rate)
    both = case.train(method, 7, rate, part, 5)
    assert [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(both)] == [
        np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(whole)
    ]
