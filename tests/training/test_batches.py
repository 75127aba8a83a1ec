"""Points of one step: they lie where they should, are as likely as they should be, and depend on run and step alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from hpcpinn.model import catalogue
from hpcpinn.model.sampling.domain import boxes
from hpcpinn.training.batches.domain import FromDomain
from hpcpinn.training.batches.points import FromPoints
from hpcpinn.training.batches.whole import WHOLE
from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.optimizers.gd import GradientDescent
from hpcpinn.training.schedules import STEADY
from tests.training.conftest import run_of

ROWS = (("residual", 6), ("walls", 5))
BURGERS = catalogue.problem("burgers1d")
SEED = jax.random.key_data(jax.random.key(3))


@pytest.fixture(scope="module")
def x():
    points = BURGERS.sample({"residual": 25, "initial": 5, "walls": 10})
    return {name: jnp.asarray(points[name]) for name in points.counts}


def drawn(batches, x, step=0, seed=SEED):
    return batches.draw(BURGERS, x, seed, jnp.asarray(step))


def distinct(found):
    return {np.asarray(rows).tobytes() for rows in found}


def test_the_whole_batch_is_the_points(x):
    assert drawn(WHOLE, x) is x


@pytest.mark.parametrize("rule", [FromDomain(ROWS), FromPoints(ROWS)], ids=lambda rule: type(rule).__name__)
def test_a_term_that_is_not_named_keeps_its_points(x, rule):
    found = drawn(rule, x)
    assert found["initial"] is x["initial"]
    assert {name: rows.shape for name, rows in found.items()} == {
        "residual": (6, 2),
        "initial": (5, 2),
        "walls": (5, 2),
    }


@pytest.mark.parametrize("rule", [FromDomain, FromPoints])
def test_points_depend_on_the_run_and_on_the_step(x, rule):
    first = drawn(rule(ROWS), x)
    again, later, other = (
        drawn(rule(ROWS), x),
        drawn(rule(ROWS), x, step=1),
        drawn(rule(ROWS), x, seed=jax.random.key_data(jax.random.key(4))),
    )
    assert distinct([first["residual"], again["residual"]]) == distinct([first["residual"]])
    assert len(distinct(found["residual"] for found in (first, later, other))) == 3


@pytest.mark.parametrize("rule", [FromDomain, FromPoints])
def test_points_are_drawn_anew_every_few_steps(x, rule):
    steps = [drawn(rule(ROWS, every=3), x, step)["residual"] for step in range(9)]
    assert [len(distinct(steps[:end])) for end in (1, 3, 4, 6, 7, 9)] == [1, 1, 2, 2, 3, 3]


def test_points_of_the_study_are_taken_without_replacement_and_all_as_often(x):
    counts = np.zeros(10)
    many = jax.vmap(lambda step: FromPoints(ROWS).draw(BURGERS, x, SEED, step)["walls"])(jnp.arange(4000))
    for row in range(10):
        hits = np.all(np.asarray(many) == np.asarray(x["walls"][row]), axis=2).sum(axis=1)
        assert set(hits) <= {0, 1}
        counts[row] = hits.sum()
    assert counts.sum() == 4000 * 5
    # Without replacement counts spread less than binomial ones: the bound is that of these, at one in 10^6.
    assert np.abs(counts - 2000).max() < stats.norm.isf(1e-7) * np.sqrt(4000 * 0.25)


def test_new_points_are_uniform_in_the_domain(x):
    many = np.asarray(
        jax.vmap(lambda step: FromDomain(ROWS).draw(BURGERS, x, SEED, step)["residual"])(jnp.arange(1000))
    ).reshape(-1, 2)
    for k, (low, high) in enumerate(BURGERS.coordinates.values()):
        assert stats.kstest(many[:, k], stats.uniform(low, high - low).cdf).pvalue > 1e-6
    assert abs(np.corrcoef(many.T)[0, 1]) < 5 / np.sqrt(len(many))


def test_new_points_of_a_boundary_lie_on_its_faces_which_share_them(x):
    t, where = np.asarray(drawn(FromDomain(ROWS), x)["walls"]).T
    assert list(where) == [-1.0, -1.0, -1.0, 1.0, 1.0]
    assert ((t >= 0) & (t <= 1)).all()
    assert len(set(t)) == 5


@pytest.mark.parametrize("term", list(BURGERS.terms))
def test_boxes_hold_the_points_of_a_sample(term):
    rows = {"residual": 16, "initial": 4, "walls": 6}
    points = BURGERS.sample(rows, jax.random.key(0), "uniform")[term]
    low, extent = boxes(BURGERS.coordinates, BURGERS.terms[term], rows[term])
    assert ((points >= low) & (points <= low + extent)).all()
    assert ((extent == 0) == (points == low)).all()


def test_a_step_is_one_of_the_mean_loss_of_its_batch(make_case):
    """The constants of the loss are those of the rows of the step, not those of the points of the study."""
    case = make_case(counts={"residual": 9, "boundary": 4})
    method = case.method(GradientDescent(STEADY), batches=FromPoints((("residual", 3),)))
    start, rate = case.begin(method), 1e-4
    batch = method.batches.draw(case.problem, case.x, run_of(rate).seed, jnp.asarray(0))
    slope = jax.jit(jax.grad(lambda theta: sum(jnp.mean(part**2) for part in case.objective.parts(theta, batch))))(
        case.params
    )
    expected = jax.tree.map(lambda leaf, part: leaf - rate * part, case.params, slope)
    found = case.train(method, 1, rate, start).params
    for leaf, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(leaf, other, rtol=1e-12, atol=1e-15)


def test_a_path_with_batches_in_parts_has_the_bits_of_a_path_at_once(case):
    method = case.method(batches=FromDomain((("residual", 3), ("boundary", 2)), every=2))
    whole = case.train(method, 9, 1e-4)
    parts = case.train(method, 5, 1e-4, case.train(method, 4, 1e-4), 4)
    assert [leaf.tobytes() for leaf in map(np.asarray, jax.tree.leaves(parts))] == [
        leaf.tobytes() for leaf in map(np.asarray, jax.tree.leaves(whole))
    ]


def test_to_begin_again_keeps_parameters_and_forgets_the_rest(case):
    method = case.method(Adam())
    there = case.train(method, 3, 1e-3)
    again = jax.jit(method.begin_again)(case.x, there)
    fresh = case.begin(method, there.params)
    for leaf, other in zip(jax.tree.leaves(again.memory), jax.tree.leaves(fresh.memory), strict=True):
        assert np.array_equal(leaf, other)
    pairs = zip(*map(jax.tree.leaves, (there.memory, again.memory)), strict=True)
    assert any(np.any(leaf != other) for leaf, other in pairs)
