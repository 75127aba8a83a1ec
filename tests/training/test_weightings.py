"""Weightings against their rules written out, with an explicit Jacobian and plain gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import jacobian
from hpcpinn.training.weightings.average import Average
from hpcpinn.training.weightings.fixed import Fixed
from hpcpinn.training.weightings.gradient_annealing import GradientAnnealing
from hpcpinn.training.weightings.ntk import NTK
from hpcpinn.training.weightings.residual_attention import ResidualAttention

RATE = 1e-3


def mean_multipliers(case, method, state):
    return np.asarray(case.objective.means(case.x, method.multipliers(case.x, state)))


def weights(case, weighting, steps, **others):
    """The mean multiplier of every term in step `steps`, and the state after it."""
    method = case.method(weighting=weighting, **others)
    state = case.train(method, steps, RATE)
    return mean_multipliers(case, method, state), state


def blocks(case, params):
    """The diagonal blocks of the kernel, by an explicit Jacobian."""
    found = {}
    for name in case.objective.terms:
        term = case.problem.terms[name]
        rows = jax.vmap(
            jax.grad(lambda theta, x, t=term: jacobian.residual(case.problem, t, case.network, theta, x)), (None, 0)
        )
        leaves = jax.tree.leaves(rows(params, case.x[name]))
        found[name] = sum(np.sum(np.asarray(leaf).reshape(len(leaf), -1) ** 2, axis=1) for leaf in leaves)
    return found


@pytest.mark.parametrize(("measure", "reduce"), [("trace", np.sum), ("mean", np.mean)])
def test_ntk_weights_are_quotients_of_traces(case, measure, reduce):
    found, _ = weights(case, NTK(Average(5), measure), 3)
    sizes = [reduce(diagonal) for diagonal in blocks(case, case.params).values()]
    np.testing.assert_allclose(found, sum(sizes) / np.array(sizes), rtol=1e-12)


def test_weights_are_measured_when_they_are_due_and_follow_by_their_share(case):
    rule = NTK(Average(every=4, share=0.25))
    expected = np.ones(2)
    for step in range(9):
        _, state = weights(case, rule, step) if step else (None, case.begin(case.method(weighting=rule)))
        if step % 4 == 0:
            sizes = np.array([diagonal.sum() for diagonal in blocks(case, state.params).values()])
            expected = 0.75 * expected + 0.25 * sizes.sum() / sizes
        found, _ = weights(case, rule, step + 1)
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def gradients(case, params):
    """The gradients of the unweighted loss of every term, leaf by leaf with their names."""
    found = []
    for k, (_, constant) in enumerate(case.weights):
        slope = jax.grad(lambda theta, k=k, c=constant: c * jnp.sum(case.objective.parts(theta, case.x)[k] ** 2))(
            params
        )
        paths = jax.tree_util.tree_leaves_with_path(slope)
        found.append({jax.tree_util.keystr(path): np.abs(np.asarray(leaf)) for path, leaf in paths})
    return dict(zip(case.objective.terms, found, strict=True))


RATIOS = {
    "parameters": lambda high, low: max(map(np.max, high)) / np.mean(np.concatenate([leaf.ravel() for leaf in low])),
    "layers": lambda high, low: max(map(np.max, high)) / np.mean([leaf.mean() for leaf in low]),
    "largest_layer": lambda high, low: max(a.max() / b.mean() for a, b in zip(high, low, strict=True)),
}


@pytest.mark.parametrize("mean", RATIOS)
@pytest.mark.parametrize("biases", [True, False])
def test_annealed_weights_are_quotients_of_gradients(case, mean, biases):
    found, _ = weights(case, GradientAnnealing(Average(10, 0.9), mean, "unweighted", biases), 2)
    of_terms = gradients(case, case.params)
    high, low = ([leaf for path, leaf in of_terms[name].items() if biases or "bias" not in path] for name in COUNTS)
    expected = {"residual": 1.0, "boundary": 0.1 + 0.9 * RATIOS[mean](high, low)}
    np.testing.assert_allclose(found, [expected[name] for name in case.objective.terms], rtol=1e-10)


COUNTS = ("residual", "boundary")


def test_annealed_weights_of_weighted_terms_settle_at_the_root_of_the_quotient(case):
    """lambda = q / lambda has the fixed point sqrt(q): the released code, see the module."""
    rule = GradientAnnealing(Average(1, 0.1), "parameters", "weighted")
    method = case.method(weighting=rule)
    state = case.train(method, 200, 1e-12)  # the network stays where it is
    plain, _ = weights(case, GradientAnnealing(Average(1, 1.0)), 1)
    place = case.objective.terms.index("boundary")
    assert mean_multipliers(case, method, state)[place] == pytest.approx(np.sqrt(plain[place]), rel=1e-3)


@pytest.mark.parametrize("scale", ["max", "min_max"])
@pytest.mark.parametrize("whole_first", [True, False])
@pytest.mark.parametrize("terms", ["interior", "all"])
def test_attention_remembers_residuals(case, scale, whole_first, terms):
    rule = ResidualAttention(0.9, 0.05, 0.2, scale, whole_first, terms)
    method, state = case.method(weighting=rule), None
    names = case.objective.terms
    own = {name: np.full(len(case.x[name]), 0.2 if terms == "all" or name == "residual" else 1.0) for name in names}
    params = case.params
    for step in range(4):
        state = case.train(method, 1, RATE, state, step)
        for name, rows in zip(names, case.objective.parts(params, case.x), strict=True):
            sizes = np.abs(np.asarray(rows))
            low = sizes.min() if scale == "min_max" else 0.0
            if terms == "all" or name == "residual":
                eta = 1.0 if whole_first and step == 0 else 0.05
                own[name] = 0.9 * own[name] + eta * (sizes - low) / (sizes.max() - low)
        expected = [np.mean(own[name] ** 2) for name in names]
        np.testing.assert_allclose(mean_multipliers(case, method, state), expected, rtol=1e-9)
        params = state.params


def test_attention_stays_below_its_bound(case):
    found = case.train(case.method(weighting=ResidualAttention(0.9, 0.1)), 200, RATE).weighting
    assert np.max(found) <= 1 + 1e-12


def test_a_multiplier_counts_like_a_learning_rate_of_its_own(case):
    """With all terms weighted by 3, gradient descent is that of three times the learning rate."""
    thrice = case.method(weighting=Fixed((("residual", 3.0), ("boundary", 3.0))))
    found, expected = case.train(thrice, 10, RATE).params, case.descend(3 * RATE, 10)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-12), found, expected)


def test_base_weights_multiply_what_a_rule_finds(case):
    rule = NTK()
    plain, _ = weights(case, rule, 1)
    based, _ = weights(case, rule, 1, base=(("boundary", 100.0),))
    factor = [100.0 if name == "boundary" else 1.0 for name in case.objective.terms]
    np.testing.assert_allclose(based, plain * np.array(factor), rtol=1e-12)


def test_terms_that_are_not_named_keep_their_weight(case):
    found, _ = weights(case, Fixed((("boundary", 7.0),)), 1)
    assert dict(zip(case.objective.terms, found, strict=True)) == {"residual": 1.0, "boundary": 7.0}
