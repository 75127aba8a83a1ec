"""What is recorded of training by the several optimisers and weightings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hpcpinn
from hpcpinn.launch.running import run_study
from hpcpinn.store.store import open_store
from hpcpinn.training import loss, stability
from hpcpinn.training.objective import Objective

SEED, EVERY = 7, 4
RECORD = (0, 3, 10)
REPORTED = ("damping", "accepted_steps", "rejected_steps")


def with_training(head="", rest="", steps=10, record=RECORD):
    return f"[training]\nsteps = {steps}\nrecord = {list(record)}\n{head}{rest}"


class Explicit:
    """Gradient descent of a cell step by step, with multipliers of terms that the caller gives."""

    def __init__(self, cell, seed=SEED):
        self.cell, counts = cell, cell.points.counts
        self.params = cell.network.init(jax.random.key(seed), cell.problem)
        self.x = {name: jnp.asarray(cell.points[name]) for name in counts}
        self.weights = loss.term_weights(cell.configuration.training.loss, counts)
        self.rows = loss.row_weights(self.weights, counts)
        self.sizes = list(counts.values())
        objective = Objective(cell.problem, cell.network, cell.configuration.training.loss)
        self.losses = jax.jit(lambda theta: objective.losses(theta, self.x))
        self.slope = jax.jit(jax.grad(lambda theta, multipliers: multipliers @ objective.losses(theta, self.x)))

    def kernel(self):
        return hpcpinn.ntk(self.cell.problem, self.cell.network, self.params, self.cell.points).values

    def step(self, rate, multipliers):
        slopes = self.slope(self.params, jnp.asarray(multipliers))
        self.params = jax.tree.map(lambda leaf, slope: leaf - rate * slope, self.params, slopes)

    def edge(self, multipliers):
        return stability.edge(self.kernel(), self.rows * np.repeat(multipliers, self.sizes))

    def traces(self):
        ends = np.cumsum(self.sizes)[:-1]
        return np.array([part.sum() for part in np.split(np.diag(self.kernel()), ends)])


def test_weights_of_the_kernel_are_recorded_with_the_loss_without_them_and_the_edge_with_them(cell, run_seed):
    """Before anything is measured weights are 1; then they are those of the step before, measured every few steps."""
    tried = cell(
        rest=with_training(
            'learning_rate = 1e-6\nweighting = "ntk"\n', f"[weighting]\nevery = {EVERY}\naverage = 0.5\n"
        )
    )
    found, explicit, multipliers = run_seed(tried, SEED), Explicit(tried), np.ones(2)
    for step in range(RECORD[-1] + 1):
        if step in RECORD:
            place = RECORD.index(step)
            np.testing.assert_allclose(found["weight"][place], multipliers, rtol=1e-10)
            np.testing.assert_allclose(found["loss"][place], explicit.losses(explicit.params), rtol=1e-10)
            assert found["stability"][place] == pytest.approx(1e-6 / explicit.edge(multipliers), rel=1e-10)
        if step % EVERY == 0:
            traces = explicit.traces()
            multipliers = 0.5 * multipliers + 0.5 * traces.sum() / traces
        explicit.step(1e-6, multipliers)


def test_factors_of_terms_are_recorded_as_weights_and_count_in_the_edge(cell, run_seed):
    tried = cell(rest=with_training('learning_rate = 1e-4\nweighting = "fixed"\n', "[weights]\nboundary = 100\n"))
    found, explicit, multipliers = run_seed(tried, SEED), Explicit(tried), np.array([1.0, 100.0])
    np.testing.assert_array_equal(found["weight"], np.tile(multipliers, (3, 1)))
    assert found["stability"][0] == pytest.approx(1e-4 / explicit.edge(multipliers), rel=1e-12)
    for _ in range(10):
        explicit.step(1e-4, multipliers)
    np.testing.assert_allclose(found["loss"][2], explicit.losses(explicit.params), rtol=1e-10)


def test_weights_of_rows_are_recorded_as_their_mean_over_each_term(cell, run_seed):
    """The largest row of the interior gains a whole rate, rows of the boundary stay at one."""
    options = "[weighting]\nmemory = 0.5\nrate = 0.25\n"
    found = run_seed(
        cell(rest=with_training('learning_rate = 1e-6\nweighting = "residual_attention"\n', options)), SEED
    )
    interior, boundary = found["weight"].T
    np.testing.assert_array_equal(boundary, 1.0)
    assert interior[0] == 0.0
    assert (interior[1:] > 0.0).all()
    assert (interior[1:] <= (0.25 / (1 - 0.5)) ** 2).all()


def test_causal_weights_are_recorded_as_the_mean_over_rows(cell, run_seed):
    """Two slices of two rows each: the first has weight 1, the second that of the loss of the first."""
    options = '[weighting]\ncoordinate = "x"\nslices = 2\ncausality = [1.0]\n'
    tried = cell(rest=with_training('learning_rate = 1e-6\nweighting = "causal"\n', options, record=(0, 1, 10)))
    found, explicit = run_seed(tried, SEED), Explicit(tried)
    objective = Objective(tried.problem, tried.network, "mean")
    rows = jax.jit(lambda params: objective.parts(params, explicit.x)[0])(explicit.params)
    places = tried.points["residual"][:, 0]
    assert sum(places < 0.5) == 2
    lost = np.mean(np.asarray(rows)[places < 0.5] ** 2)
    np.testing.assert_array_equal(found["weight"][0], 1.0)
    np.testing.assert_allclose(found["weight"][1], [(1 + np.exp(-lost)) / 2, 1.0], rtol=1e-12)
    np.testing.assert_array_equal(found["weight"][2, 1], 1.0)
    assert 0.5 <= found["weight"][2, 0] < 1.0


def test_the_learning_rate_over_the_edge_falls_with_it(cell, run_seed):
    falling = "learning_rate = 1e-3\ndecay = 0.5\ndecay_every = 4\ndecay_stairs = true\n"
    found, steady = (run_seed(cell(rest=with_training(head)), SEED) for head in (falling, "learning_rate = 1e-3\n"))
    np.testing.assert_array_equal(found["stability"][:2], steady["stability"][:2])
    edge = 1 / np.linalg.eigvalsh(np.sqrt(rows := _rows(cell)) * found["kernel"][2] * np.sqrt(rows)[:, None])[-1]
    assert found["stability"][2] == pytest.approx(1e-3 / 4 / edge, rel=1e-12)


def _rows(cell):
    counts = cell().points.counts
    return loss.row_weights(loss.term_weights("mean", counts), counts)


@pytest.mark.parametrize("head", ['optimizer = "adam"\nlearning_rate = 1e-3\n', 'optimizer = "lbfgs"\n'])
def test_the_edge_of_gradient_descent_binds_no_other_optimizer(cell, run_seed, head):
    assert np.isnan(run_seed(cell(rest=with_training(head)), SEED)["stability"]).all()


def test_a_run_that_leaves_the_range_of_numbers_stays_where_it_was(cell, run_seed):
    record = (0, 1, 2, 10)
    tried = cell(rest=with_training("learning_rate = 1e300\n", record=record))
    found, explicit = run_seed(tried, SEED), Explicit(tried)
    finite = 0
    while all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(explicit.params)):
        last, finite = explicit.params, finite + 1
        explicit.step(1e300, np.ones(2))
    assert finite == 2
    np.testing.assert_array_equal(found["diverged_step"], [np.nan, np.nan, finite, finite])
    for name in ("kernel", "loss", "parameter_drift"):
        np.testing.assert_array_equal(found[name][1:], np.repeat(found[name][1:2], 3, axis=0))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(last))


def test_a_run_that_stays_finite_has_not_diverged(cell, run_seed):
    assert np.isnan(run_seed(cell(), SEED)["diverged_step"]).all()


def test_levenberg_marquardt_tells_of_its_damping_and_its_steps(cell, run_seed):
    found = run_seed(cell(rest=with_training('optimizer = "levenberg_marquardt"\n')), SEED)
    np.testing.assert_array_equal(found["accepted_steps"], RECORD)
    assert (np.diff(found["rejected_steps"]) >= 0).all()
    assert (found["damping"] > 0).all()
    largest = np.diag(found["kernel"][0] * (rows := _rows(cell)))
    assert found["damping"][0] == pytest.approx(1e-3 * largest.max(), rel=1e-12)
    assert rows.shape == largest.shape
    assert found["loss"][2].sum() < 1e-3 * found["loss"][0].sum()


def test_cells_of_other_optimizers_have_no_damping(study, tmp_path):
    rest = with_training("learning_rate = 1e-4\n", steps=2, record=(0, 2))
    asked = study(sweep='"training.optimizer" = ["gd", "levenberg_marquardt"]', rest=rest)
    assert run_study(tmp_path / "study.toml", tmp_path / "store.zarr").missing == 0
    assert [axis.name for axis in asked.axes] == ["width", "depth", "optimizer", "seed"]
    store = open_store(tmp_path / "store.zarr")
    for name in REPORTED:
        values = store.array(name)[...]
        assert np.isnan(values[:, :, 0]).all()
        assert np.isfinite(values[:, :, 1]).all()
