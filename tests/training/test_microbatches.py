"""Rows that are gone through a microbatch at a time have the sums, slopes and values of all rows at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.training import microbatches
from hpcpinn.training.method import Method
from hpcpinn.training.objective import Loss, Objective
from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.weightings.fixed import NONE
from hpcpinn.training.weightings.residual_attention import ResidualAttention
from tests.training.conftest import make_case, run_of

ROWS = 7
# Rows at once: one by one, two and three with some that are missing from the last microbatch, all of them, more.
AT_ONCE = [1, 2, 3, 7, 100]


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    params = {"only": {"weight": jnp.asarray(random.standard_normal(2)), "bias": jnp.asarray(0.3)}}
    return params, jnp.asarray(random.standard_normal((ROWS, 2))), jnp.asarray(random.uniform(1, 2, ROWS))


def residuals(params, x):
    return jnp.sin(x @ params["only"]["weight"]) + params["only"]["bias"] ** 2


def at_once(params, x, roots):
    """The obvious way."""
    return jnp.sum((roots * residuals(params, x)) ** 2)


@pytest.mark.parametrize("size", AT_ONCE)
def test_squares_and_their_slope_are_those_of_all_rows(rows, size):
    of_parts = functools.partial(microbatches.squares, residuals, size)
    value, slope = jax.jit(jax.value_and_grad(of_parts))(*rows)
    expected, downhill = jax.jit(jax.value_and_grad(at_once))(*rows)
    np.testing.assert_allclose([value, jax.jit(of_parts)(*rows)], expected, rtol=1e-15 * ROWS)
    jax.tree.map(functools.partial(np.testing.assert_allclose, rtol=1e-13), slope, downhill)


@pytest.mark.parametrize("size", AT_ONCE)
def test_values_are_those_of_all_rows(rows, size):
    params, x, _ = rows
    found = jax.jit(functools.partial(microbatches.values, residuals, size))(params, x)
    np.testing.assert_allclose(found, residuals(params, x), rtol=1e-15)


def test_a_factor_of_the_sum_is_one_of_its_slope(rows):
    slope = jax.grad(lambda params: 3 * microbatches.squares(residuals, 2, params, *rows[1:]))(rows[0])
    expected = jax.grad(at_once)(*rows)
    jax.tree.map(lambda found, one: np.testing.assert_allclose(found, 3 * one, rtol=1e-13), slope, expected)


def test_a_step_remembers_one_microbatch(rows):
    """Rows themselves aside, what a slope takes does not grow with their number."""

    def wide(params, x):
        return jnp.sum(jnp.sin(residuals(params, x)[:, None] * jnp.arange(1.0, 101.0)) ** 2, axis=1)

    def temporary(count, size):
        x, roots = jax.ShapeDtypeStruct((count, 2), "float64"), jax.ShapeDtypeStruct((count,), "float64")
        slope = jax.grad(functools.partial(microbatches.squares, wide, size))
        return jax.jit(slope).lower(rows[0], x, roots).compile().memory_analysis().temp_size_in_bytes

    few, many = 64 * 10, 64 * 1000
    grown = temporary(many, 64) - temporary(few, 64)
    assert grown <= 8 * 8 * (many - few)
    assert temporary(many, many) > 8 * 100 * many


def test_networks_side_by_side_have_their_own_slopes(rows):
    params, x, roots = rows
    both = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf]), params)
    slope = jax.grad(functools.partial(microbatches.squares, residuals, 3))
    found = jax.jit(jax.vmap(lambda one: slope(one, x, roots)))(both)
    for k in range(2):
        one = jax.tree.map(lambda leaf, k=k: leaf[k], both)
        mine = jax.tree.map(lambda leaf, k=k: leaf[k], found)
        jax.tree.map(functools.partial(np.testing.assert_allclose, rtol=1e-13), mine, jax.grad(at_once)(one, x, roots))


def test_rows_of_a_microbatch_fill_the_cache_and_are_one_at_least():
    assert microbatches.rows_at_once(3 * 64, 8) == 512
    assert microbatches.rows_at_once(3 * 64, 4) == 1024
    assert microbatches.rows_at_once(10**9, 8) == 1


@pytest.fixture
def many(monkeypatch):
    """A case whose residuals are cut into several microbatches."""
    monkeypatch.setattr(microbatches, "_BYTES", 3 * 16 * 8 * 10)
    return make_case(problem="burgers1d", counts={"residual": 64, "initial": 9, "walls": 8})


def test_the_loss_of_many_rows_is_that_of_its_residuals(many):
    """The sum of squares over all rows is the slow and obvious one."""
    loss = Loss(many.objective, many.x, jnp.linspace(1.0, 2.0, 81))
    value, slope = jax.jit(jax.value_and_grad(loss))(many.params)
    expected, downhill = jax.jit(jax.value_and_grad(lambda theta: jnp.sum(loss.residuals(theta) ** 2)))(many.params)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    jax.tree.map(functools.partial(np.testing.assert_allclose, rtol=1e-10), slope, downhill)


def test_values_of_many_rows_are_the_residuals(many):
    found = jnp.concatenate(jax.jit(many.objective.values)(many.params, many.x))
    np.testing.assert_allclose(found, many.residuals(many.params), rtol=1e-12)


def test_rounded_residuals_leave_all_else_in_float64(many):
    low = Objective(many.problem, many.network, many.normalization, "float32")
    wide, narrow = (Loss(objective, many.x, jnp.ones(81)) for objective in (many.objective, low))
    value, slope = jax.jit(jax.value_and_grad(narrow))(many.params)
    expected, downhill = jax.jit(jax.value_and_grad(wide))(many.params)
    assert 1e-12 < abs(float(value / expected) - 1) < 1e-5
    largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(downhill))
    jax.tree.map(functools.partial(np.testing.assert_allclose, atol=1e-5 * largest), slope, downhill)
    assert {leaf.dtype.name for leaf in jax.tree.leaves(slope)} == {"float64"}


def test_a_rounded_run_stays_beside_the_other(many):
    low = Objective(many.problem, many.network, many.normalization, "float32")
    wide = many.method(Adam(), ResidualAttention())
    narrow = type(wide)(low, wide.optimizer, wide.weighting)
    ends = [many.train(method, 20, 1e-3) for method in (wide, narrow)]
    assert {leaf.dtype.name for leaf in jax.tree.leaves(ends[1].params)} == {"float64"}
    moved = jax.tree.map(lambda one, other: float(jnp.abs(one - other).max()), *(end.params for end in ends))
    assert 0 < max(jax.tree.leaves(moved)) < 1e-4
    weights = [end.weighting for end in ends]
    np.testing.assert_allclose(*weights, rtol=1e-3)
    assert not np.array_equal(*weights)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_network_has_the_same_bits_alone_and_beside_others(many, precision):
    method = Method(Objective(many.problem, many.network, many.normalization, precision), Adam(), NONE)
    x, run, steps = many.x, run_of(1e-3), (jnp.asarray(0), jnp.asarray(10))
    first = [many.begin(method), many.begin(method, jax.tree.map(lambda leaf: 0.9 * leaf, many.params))]
    alone = [jax.jit(method.advance)(x, run, state, *steps) for state in first]
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), *first)
    together = jax.jit(lambda states: jax.lax.map(lambda one: method.advance(x, run, one, *steps), states))(both)
    for k, state in enumerate(alone):
        mine = jax.tree.map(lambda leaf, k=k: leaf[k], together.params)
        jax.tree.map(np.testing.assert_array_equal, mine, state.params)
