"""Causal weights against their rule written out in loops."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior
from hpcpinn.training.weightings.causal import Causal

RATE = 1e-4
FIRST, LAST = 1.0, 3.0
COUNTS = {"first": 16, "second": 9, "start": 3}  # at 4, 3 and 1 times


class Pair(Problem):
    """Two equations in the interior, and a time that is not the first coordinate."""

    coordinates = {"x": (-1.0, 2.0), "t": (FIRST, LAST)}

    @interior
    def first(self, p, f):
        return f.u_t - f.u_xx

    @interior
    def second(self, p, f):
        return f.u_t * f.u - p.t

    @boundary(t=1)
    def start(self, p, f):
        return f.u - p.x


@pytest.fixture(scope="module")
def moving(make_case):
    return make_case(problem=Pair(), counts=COUNTS)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _renewed(rule, objective, params, x, memory):
    return rule.renew(objective, params, x, memory, jnp.zeros((), "int64"))


def renewed(case, rule, params=None, memory=None):
    """What the rule remembers after one more step, which has these parameters before it."""
    memory = rule.begin(case.objective, case.x) if memory is None else memory
    return _renewed(rule, case.objective, case.params if params is None else params, case.x, memory)


def residuals(case, params):
    """The residuals of every term by its name."""
    parts = np.split(case.residuals(params), np.cumsum(list(case.points.counts.values()))[:-1])
    return dict(zip(case.objective.terms, parts, strict=True))


def place(time, slices):
    return min(int((time - FIRST) / (LAST - FIRST) * slices), slices - 1)


def slice_weights(case, params, slices, epsilon):
    losses, found = [0.0] * slices, residuals(case, params)
    for name in ("first", "second"):
        for k in range(slices):
            own = [
                r**2 for r, (_, time) in zip(found[name], case.points[name], strict=True) if place(time, slices) == k
            ]
            losses[k] += sum(own) / len(own) if own else 0.0
    return [math.exp(-epsilon * sum(losses[:k])) for k in range(slices)]


def row_weights(case, weights):
    return [
        1.0 if name == "start" else weights[place(time, len(weights))]
        for name in case.objective.terms
        for _, time in case.points[name]
    ]


@pytest.mark.parametrize("slices", [1, 5, 64])
def test_a_row_has_the_weight_of_its_slice_and_of_the_boundary_one(moving, slices):
    rule = Causal(slices, causality=(0.01,))
    expected, found = slice_weights(moving, moving.params, slices, 0.01), renewed(moving, rule)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-12)
    multipliers = rule.multipliers(moving.objective, moving.x, found)
    np.testing.assert_allclose(multipliers, row_weights(moving, expected), rtol=1e-12)


def test_weights_begin_at_one_and_fall_and_stay_where_a_slice_has_no_rows(moving, eps):
    weights = np.asarray(renewed(moving, Causal(64, causality=(0.01,))).weights)
    assert weights[0] == 1.0
    assert 0.0 < weights[-1] < weights[1] < 1.0
    assert (np.diff(weights) <= 64 * eps * weights[:-1]).all()
    falls = np.diff(weights) < -64 * eps * weights[:-1]
    with_rows = {place(time, 64) for time in (*np.linspace(FIRST, LAST, 4), *np.linspace(FIRST, LAST, 3))}
    assert set(np.flatnonzero(falls)) == with_rows - {63}


def test_without_causality_and_before_the_first_step_every_row_counts_alike(moving):
    rule = Causal(5, causality=(1e-300,))
    for memory in (rule.begin(moving.objective, moving.x), renewed(moving, rule)):
        np.testing.assert_array_equal(rule.multipliers(moving.objective, moving.x, memory), 1.0)


def test_no_gradient_passes_through_weights(moving):
    weights = row_weights(moving, slice_weights(moving, moving.params, 5, 0.01))
    roots = jnp.sqrt(jnp.asarray(moving.row_weights) * jnp.asarray(weights))

    def loss(params):
        return jnp.sum((roots * jnp.concatenate(moving.objective.parts(params, moving.x))) ** 2)

    found = moving.train(moving.method(weighting=Causal(5, causality=(0.01,))), 1, RATE).params
    slopes = jax.jit(jax.grad(loss))(moving.params)
    expected = jax.tree.map(lambda leaf, slope: leaf - RATE * slope, moving.params, slopes)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12), found, expected)


def test_with_as_many_rows_in_every_slice_the_interior_counts_as_the_mean_over_slices(make_case):
    case = make_case(problem="heat1d", counts={"residual": 16, "initial": 3, "walls": 2})
    squares = residuals(case, case.params)["residual"].reshape(4, 4) ** 2  # times are slowest
    weights, losses = np.asarray(renewed(case, Causal(4, causality=(0.01,))).weights), squares.mean(axis=1)
    np.testing.assert_allclose(weights, np.exp(-0.01 * np.array([0, *np.cumsum(losses)[:-1]])), rtol=1e-12)
    np.testing.assert_allclose(np.mean(weights[:, None] * squares), np.mean(weights * losses), rtol=1e-12)


def test_the_next_causality_comes_when_the_least_weight_is_above_the_threshold(moving):
    causality, threshold, stage = (1e-9, 1e-8, 1e-4, 3e-4, 1.0, 2.0), 0.9, 0
    method, state, stages = moving.method(weighting=Causal(5, "t", causality, threshold)), None, []
    for _ in range(8):
        params = moving.params if state is None else state.params
        expected = slice_weights(moving, params, 5, causality[stage])
        state = moving.train(method, 1, RATE, state)
        np.testing.assert_allclose(state.weighting.weights, expected, rtol=1e-10)
        stage = min(stage + (min(expected) > threshold), len(causality) - 1)
        stages.append(stage)
        assert int(state.weighting.stage) == stage
    assert stages[:2] == [1, 2]
    assert stages[-1] == stages[-2] < len(causality) - 1


def test_a_least_weight_at_the_threshold_is_not_above_it(moving):
    def after(threshold):
        return renewed(moving, Causal(5, "t", (1e-3, 2e-3), threshold))

    least = float(after(0.5).weights.min())
    assert int(after(least).stage) == 0
    assert int(after(math.nextafter(least, 0.0)).stage) == 1


def test_the_last_causality_stays(moving):
    rule, memory = Causal(5, causality=(1e-9, 2e-9)), None
    for _ in range(3):
        memory = renewed(moving, rule, memory=memory)
        assert int(memory.stage) == 1


def test_points_may_change_between_steps(moving, make_case):
    other = make_case(problem=Pair(), counts={"first": 4, "second": 25, "start": 2})
    rule = Causal(5, causality=(0.01,))
    later = renewed(other, rule, moving.params, renewed(moving, rule))
    expected = slice_weights(other, moving.params, 5, 0.01)
    found = rule.multipliers(other.objective, other.x, later)
    np.testing.assert_allclose(found, row_weights(other, expected), rtol=1e-12)


def test_a_row_between_two_slices_is_in_the_later_one(moving):
    times = jnp.array([FIRST, 1.4999, 1.5, 2.0, 2.9999, LAST])
    places = Causal(4)._places(moving.problem, jnp.stack([jnp.zeros(6), times], axis=1))
    assert places.tolist() == [0, 0, 1, 2, 3, 3]
