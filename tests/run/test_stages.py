"""A curriculum trains other values of a parameter first; batches belong to a run and a step, whoever runs beside it."""

import jax
import numpy as np
import pytest

from hpcpinn.errors import ProblemError, StudyError
from hpcpinn.run import runs
from hpcpinn.run.session import plan_of
from hpcpinn.run.stages import Stage, stages
from hpcpinn.training.method import Method
from tests.run.test_trained import SEED, Explicit, with_training

LESSON = '[curriculum]\nparameter = "frequency"\nvalues = [3, 2.0]\nevery = 4\n'
RATE = "learning_rate = 1e-6\n"
RECORD = (0, 4, 6, 8, 10)


def taught(head=RATE, rest=LESSON):
    return with_training(head, rest, record=RECORD)


@pytest.mark.parametrize(
    ("record", "step", "stops"),
    [
        ((0, 4, 6, 20), 0, [0, 4]),
        ((6, 20), 4, [6, 8]),
        ((6, 8, 20), 4, [6, 8]),
        ((8, 20), 8, [8]),  # a stop was asked for before the step was recorded
        ((20,), 8, [20]),
        ((20,), 11, [20]),
        ((), 8, []),
        ((6,), 5, [6]),
    ],
)
def test_a_stage_stops_at_recorded_steps_and_at_its_end_if_more_comes(record, step, stops, method):
    where = [Stage(0, 4, method), Stage(4, 8, method), Stage(8, 20, method)]
    found = [stage.stops(record, step) for stage in where]
    assert next((one for one in found if one), []) == stops


@pytest.fixture
def method(cell):
    return next(iter(stages(cell(rest=taught()), _method(cell), 10))).method


def _method(cell) -> Method:
    made = cell(rest=taught())
    return runs.method_of(made, made.configuration.training)


def test_stages_are_the_values_in_their_order_and_then_the_problem(cell):
    found = list(stages(cell(rest=taught()), _method(cell), 10))
    assert [(stage.begin, stage.end) for stage in found] == [(0, 4), (4, 8), (8, 10)]
    assert [stage.method.objective.problem.frequency for stage in found] == [3.0, 2.0, 1.0]
    assert [type(stage.method.objective.problem.frequency) for stage in found] == [float] * 3


def test_without_a_curriculum_there_is_one_stage(cell):
    made = cell()
    method = runs.method_of(made, made.configuration.training)
    assert list(stages(made, method, 10)) == [Stage(0, 10, method)]


def test_every_value_is_trained_for_its_steps_and_the_problem_itself_is_recorded(cell, run_seed):
    tried = cell(rest=taught())
    found = run_seed(tried, SEED)
    explicit, own = Explicit(tried), Explicit(tried)
    for step in range(RECORD[-1] + 1):
        if step in RECORD:
            losses = own.losses(explicit.params)
            np.testing.assert_allclose(found["loss"][RECORD.index(step)], losses, rtol=1e-10)
        if step in (0, 4, 8):
            other = Explicit(cell(rest=with_training(RATE), problem_parameters=f"frequency = {3 - step // 4}"))
            other.params, explicit = explicit.params, other
        explicit.step(1e-6, np.ones(2))


def test_an_optimizer_begins_anew_with_every_value(cell, run_seed):
    """Adam's first step has the length of the learning rate in every parameter, and so has that after a change."""
    tried = cell(rest=with_training('optimizer = "adam"\nlearning_rate = 1e-3\n', LESSON, record=(0, 1, 4, 5)))
    found = run_seed(tried, SEED)["parameter_drift"]
    params = tried.network.init(jax.random.key(SEED), tried.problem)
    leaves = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(params)])
    assert found[1] == pytest.approx(1e-3 * np.sqrt(len(leaves)) / np.linalg.norm(leaves), rel=1e-3)
    counted = run_seed(
        cell(rest=with_training('optimizer = "adam"\nlearning_rate = 1e-3\n', record=(0, 1, 4, 5))), SEED
    )
    assert found[3] != counted["parameter_drift"][3]


@pytest.mark.parametrize(
    ("parameter", "values", "message"),
    [
        ("frequncy", "[2]", "problem `Poisson1D` has no parameter `frequncy`"),
        ("hard_boundary", "[2]", "parameter `hard_boundary` of problem `Poisson1D` is 2; allowed: true or false"),
    ],
)
def test_a_parameter_that_cannot_be_taught_is_refused(cell, parameter, values, message):
    rest = f'[curriculum]\nparameter = "{parameter}"\nvalues = {values}\nevery = 2\n'
    with pytest.raises(ProblemError, match=message):
        cell(rest=with_training(RATE, rest))


BATCHES = '[batch]\nresidual = 3\ndrawn_from = "{where}"\n'


@pytest.mark.parametrize("where", ["domain", "points"])
def test_a_run_has_batches_of_its_own_whoever_runs_beside_it(cell, run_seeds, where):
    tried = cell(rest=with_training('optimizer = "adam"\nlearning_rate = 1e-3\n', BATCHES.format(where=where)))
    both = run_seeds(tried, [5, SEED])
    alone = run_seeds(tried, [SEED])
    for name, values in alone.items():
        assert values[0].tobytes() == both[name][1].tobytes(), name
    whole = run_seeds(cell(rest=with_training('optimizer = "adam"\nlearning_rate = 1e-3\n')), [SEED])
    assert (alone["loss"][0, 0] == whole["loss"][0, 0]).all()
    assert (alone["loss"][0, 1:] != whole["loss"][0, 1:]).all()


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ("resdual = 3", r"`batch.resdual` gives rows to `resdual`, which is no term of the problem; .*`residual`\?"),
        (
            "boundary = 1",
            "`batch.boundary` cannot be 1; allowed: at least 2, one for each of its faces. Write `boundary",
        ),
        ('residual = 5\ndrawn_from = "points"', "`batch.residual` cannot be 5; allowed: at most 4, its points, from"),
    ],
)
def test_rows_that_a_batch_cannot_have_are_refused(study, batch, message):
    with pytest.raises(StudyError, match=message):
        plan_of(study(rest=with_training(RATE, f"[batch]\n{batch}\n")))
