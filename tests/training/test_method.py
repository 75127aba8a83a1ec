"""Runs that leave the range of numbers, and paths in parts."""

import jax
import numpy as np
import pytest

from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.weightings.average import Average
from hpcpinn.training.weightings.causal import Causal
from hpcpinn.training.weightings.gradient_annealing import GradientAnnealing
from hpcpinn.training.weightings.ntk import NTK
from hpcpinn.training.weightings.residual_attention import ResidualAttention


def bits(tree):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


def test_a_run_that_leaves_the_range_of_numbers_keeps_its_last_state_and_says_when(case):
    method = case.method()
    rate = 1e6 * case.edge
    after = case.train(method, 10_000, rate)
    step = int(method.report(after)["diverged_step"])
    assert 1 < step < 10_000
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after.params))
    assert int(after.step) == step - 1
    before = case.train(method, step - 1, rate)
    assert np.isnan(method.report(before)["diverged_step"])
    assert bits(before.params) == bits(after.params)
    assert bits(case.train(method, 5, rate, after)) == bits(after)  # it stays there


@pytest.mark.parametrize(
    "weighting",
    [NTK(Average(3, 0.5)), GradientAnnealing(Average(2)), ResidualAttention(), Causal(2, "x", (1e-9, 1e-3))],
    ids=lambda one: type(one).__name__,
)
def test_a_path_in_parts_has_the_bits_of_a_path_at_once(case, weighting):
    method = case.method(Adam(), weighting)
    whole = case.train(method, 11, 1e-3)
    parts = case.train(method, 7, 1e-3, case.train(method, 4, 1e-3))
    assert bits(parts) == bits(whole)
