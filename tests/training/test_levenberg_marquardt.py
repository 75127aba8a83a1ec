"""Levenberg-Marquardt against steps with an explicit Jacobian, and what it is for: small errors in few steps."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from hpcpinn.training import accuracy
from hpcpinn.training.objective import Loss
from hpcpinn.training.optimizers.levenberg_marquardt import LevenbergMarquardt

GRAM = LevenbergMarquardt()
CG = LevenbergMarquardt(solver="cg", iterations=400, tolerance=1e-14)


@functools.partial(jax.jit, static_argnums=0)
def kernel_and_diagonal(objective, x, multipliers, params):
    loss = Loss(objective, x, multipliers)
    return loss.kernel(params), loss.diagonal(params)


@pytest.fixture(scope="module")
def explicit(case):
    """The weighted residuals and their Jacobian as functions of one vector."""
    start, whole = ravel_pytree(case.params)
    roots = np.sqrt(case.row_weights)

    def residuals(theta):
        return roots * jnp.concatenate(case.objective.parts(whole(theta), case.x))

    return np.asarray(start), jax.jit(residuals), jax.jit(jax.jacrev(residuals))


@pytest.mark.parametrize("counts", [{"residual": 4, "boundary": 2}, {"residual": 150, "boundary": 2}])
def test_its_kernel_is_that_of_the_weighted_rows(make_case, counts, eps):
    case = make_case(16, "mean", counts=counts)
    random = np.random.default_rng(5)
    multipliers = random.uniform(0.5, 2, sum(counts.values()))
    roots = np.sqrt(case.row_weights * multipliers)
    expected = roots[:, None] * case.kernel * roots
    kernel, diagonal = kernel_and_diagonal(case.objective, case.x, jnp.asarray(multipliers), case.params)
    np.testing.assert_allclose(kernel, expected, rtol=0, atol=50 * eps * expected.max())
    np.testing.assert_allclose(diagonal, np.diag(expected), rtol=0, atol=50 * eps * expected.max())
    assert np.array_equal(kernel, kernel.T)


def step_by_step(explicit, steps):
    """The rule with an explicit Jacobian, in parameter space: theta, damping, accepted, rejected."""
    theta, residuals, jacobian = explicit
    jac = np.asarray(jacobian(theta))
    damping, growth, accepted, rejected = 1e-3 * np.max(np.sum(jac**2, axis=1)), 2.0, 0, 0
    for _ in range(steps):
        s, jac = np.asarray(residuals(theta)), np.asarray(jacobian(theta))
        for _ in range(10):
            change = np.linalg.solve(jac.T @ jac + damping * np.eye(len(theta)), -jac.T @ s)
            predicted = s @ s - np.sum((s + jac @ change) ** 2)
            gain = (s @ s - np.sum(np.asarray(residuals(theta + change)) ** 2)) / predicted
            if gain > 0:
                theta, accepted = theta + change, accepted + 1
                damping, growth = damping * max(1 / 3, 1 - (2 * gain - 1) ** 3), 2.0
                break
            damping, growth, rejected = damping * growth, 2 * growth, rejected + 1
    return theta, damping, accepted, rejected


@pytest.mark.parametrize(("optimizer", "tolerance"), [(GRAM, 1e-7), (CG, 1e-6)], ids=["gram", "cg"])
def test_it_is_the_rule_with_an_explicit_jacobian(case, explicit, optimizer, tolerance):
    theta, damping, accepted, rejected = step_by_step(explicit, 6)
    method = case.method(optimizer)
    after = case.train(method, 6)
    report = method.report(after)
    assert (report["accepted_steps"], report["rejected_steps"]) == (accepted, rejected)
    assert float(report["damping"]) == pytest.approx(damping, rel=1e-3)
    np.testing.assert_allclose(ravel_pytree(after.params)[0], theta, rtol=0, atol=tolerance)


def test_steps_that_make_the_loss_larger_are_rejected_and_counted(make_case):
    """From almost no damping on a nonlinear problem some are; the loss never grows."""
    case = make_case(16, "mean", problem="burgers1d", counts={"residual": 25, "initial": 10, "walls": 6}, viscosity=0.1)
    method = case.method(LevenbergMarquardt(damping=1e-12))
    state, losses, counts = case.begin(method), [], []
    for _ in range(15):
        state = case.train(method, 1, state=state)
        losses.append(case.loss(state.params))
        report = method.report(state)
        counts.append((int(report["accepted_steps"]), int(report["rejected_steps"])))
    assert (np.diff(losses) <= 0).all()
    assert counts[-1][1] > 0
    assert counts[-1][0] > 0


def test_a_step_that_cannot_be_found_leaves_the_parameters_as_they_are(case):
    method = case.method(LevenbergMarquardt(damping=1e-30, lowest=0.0, highest=1e-30, tries=3))
    far = jax.tree.map(lambda leaf: leaf * 1e200, case.params)  # the loss is infinite
    after = case.train(method, 2, state=case.begin(method, far))
    assert jax.tree.all(jax.tree.map(np.array_equal, after.params, far))
    assert int(method.report(after)["rejected_steps"]) == 6


def test_it_solves_the_poisson_problem_to_many_digits_in_a_hundred_steps(make_case):
    """Bonfanti, Bruno and Cipriani 2024, figure 3a, with a reduced width: below 1e-5 where Adam stays near 1e-3."""
    case = make_case(32, "mean", counts={"residual": 60, "boundary": 2}, frequency=1)
    after = case.train(case.method(GRAM), 100)
    assert accuracy.relative_l2(case.problem, case.network, after.params) < 1e-5
