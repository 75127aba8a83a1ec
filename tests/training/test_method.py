"""Runs that leave the range of numbers, and paths in parts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.training.method import Advance, Begin
from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.optimizers.levenberg_marquardt import LevenbergMarquardt
from hpcpinn.training.weightings.average import Average
from hpcpinn.training.weightings.causal import Causal
from hpcpinn.training.weightings.gradient_annealing import GradientAnnealing
from hpcpinn.training.weightings.ntk import NTK
from hpcpinn.training.weightings.residual_attention import ResidualAttention
from tests.training.conftest import run_of


def bits(tree):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


def test_a_run_that_leaves_the_range_of_numbers_keeps_its_last_state_and_says_when(case):
    method = case.method()
    rate = 1e6 * case.edge
    after = case.train(method, 10_000, rate)
    step = int(method.report(after)["diverged_step"])
    assert 1 < step < 10_000
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after.params))
    before = case.train(method, step - 1, rate)
    assert np.isnan(method.report(before)["diverged_step"])
    assert bits(before.params) == bits(after.params)
    assert bits(case.train(method, 5, rate, after, 10_000)) == bits(after)  # it stays there


@pytest.mark.parametrize(
    "weighting",
    [NTK(Average(3, 0.5)), GradientAnnealing(Average(2)), ResidualAttention(), Causal(2, "x", (1e-9, 1e-3))],
    ids=lambda one: type(one).__name__,
)
def test_a_path_in_parts_has_the_bits_of_a_path_at_once(case, weighting):
    method = case.method(Adam(), weighting)
    whole = case.train(method, 11, 1e-3)
    parts = case.train(method, 7, 1e-3, case.train(method, 4, 1e-3), 4)
    assert bits(parts) == bits(whole)


def alone(case, method):
    """A function of the state and the learning rate of a network: its state after so many steps, shared by all."""
    return lambda steps, *own: Advance(method)((case.x, jnp.asarray(0), jnp.asarray(steps)), own)


def beside(case, method):
    """The same of networks side by side."""
    return lambda steps, *own: jax.vmap(lambda *each: alone(case, method)(steps, *each))(*own)


def two(case, method):
    """The states of two networks."""
    many = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf / 2]), case.params)
    return jax.jit(jax.vmap(lambda params: Begin(method)(case.x, params)))(many)


def runs(count):
    """So many runs with the learning rate 1."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *(run_of(1.0, seed) for seed in range(count)))


def first(tree):
    return jax.tree.map(lambda leaf: leaf[0], tree)


def test_a_run_that_has_diverged_is_told_of_as_if_nobody_were_beside_it(case):
    """Its parameters stay, and so does what is reported, while the other one goes on."""
    method = case.method(LevenbergMarquardt())
    start = two(case, method)
    start = start._replace(params=jax.tree.map(lambda leaf: leaf.at[0].set(jnp.inf), start.params))
    after = jax.jit(beside(case, method))(6, start, runs(2))
    expected = case.train(method, 6, state=first(start))
    np.testing.assert_array_equal(after.diverged, [1, -1])
    assert bits(first(after.params)) == bits(expected.params)
    assert bits(first(jax.vmap(method.report)(after))) == bits(method.report(expected))


def test_networks_side_by_side_end_when_all_of_them_have_diverged(case):
    start = two(case, case.method())
    start = start._replace(params=jax.tree.map(lambda leaf: leaf * jnp.inf, start.params))
    after = jax.jit(beside(case, case.method()))(2**62, start, runs(2))
    np.testing.assert_array_equal(after.diverged, [1, 1])


@pytest.mark.parametrize("weighting", [NTK(), GradientAnnealing()], ids=lambda one: type(one).__name__)
def test_networks_side_by_side_measure_their_weights_only_where_that_is_due(case, weighting):
    """The condition is still one when it is mapped: a choice would measure at every step."""
    method = case.method(weighting=weighting)
    own = (two(case, method), runs(2))
    programs = (jax.make_jaxpr(alone(case, method))(1, *first(own)), jax.make_jaxpr(beside(case, method))(1, *own))
    assert [str(program).count(" cond[") for program in programs] == [1, 1]
