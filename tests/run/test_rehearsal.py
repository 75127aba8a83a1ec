"""Terms and exact solutions are looked at before anything is written."""

import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.run import setup
from hpcpinn.run.rehearsal import rehearse
from hpcpinn.run.session import plan_of

TERM = "@hpcpinn.interior\ndef residual(self, p, f):\n    return f.u_xx"
EXACT = "def exact(self, p):\n    return "


def rehearsed(question):
    return rehearse(question, plan_of(question))


def test_points_come_back_by_position_on_the_swept_points(study):
    question = study('"points.residual" = [4, 8]\n"problem_parameters.frequency" = [1, 2]', points="boundary = 2")
    found = rehearsed(question)
    assert {index: points.counts for index, points in found.items()} == {
        (0,): {"residual": 4, "boundary": 2},
        (1,): {"residual": 8, "boundary": 2},
    }
    configuration = question.configuration((0, 0, 1, 0))
    expected = setup.points_of(configuration, setup.problem_of(configuration, question.folder))
    assert np.array_equal(found[1,].all, expected.all)


def test_without_swept_points_there_is_one_set(study):
    assert list(rehearsed(study("width = [2, 4]\ndepth = [1, 2]"))) == [()]


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (f"{TERM} / (p.x + p.t)", ["term `residual` of problem `Mine()` is", "inf at t = 1, x = -1;"]),
        (f"{TERM} * jnp.sqrt(1 - p.t)", ["is nan at t = 2, x = -1;", "every one of its points"]),
        (f"{TERM}\n{EXACT}jnp.log(p.x + 1)", ["`exact` of problem `Mine()` is -inf at t = 0, x = -1;", "its ends"]),
        (
            f'{TERM}\nfields = ("u", "v")\n{EXACT}{{"u": p.x, "v": p.x / p.t}}',
            ["`exact` of", "is -inf at t = 0, x = -1;"],
        ),
    ],
)
def test_the_point_is_named(mine, words, study):
    with pytest.raises(errors.ProblemError) as caught:
        rehearsed(study(mine=mine, points="residual = 9"))
    for word in words:
        assert word in str(caught.value)
    assert "Check divisions" in str(caught.value)


def test_a_term_is_looked_at_where_it_has_points_and_nowhere_else(study):
    mine = f"{TERM} / (p.x + 1) / p.t"
    question = study(mine=mine, points='residual = 9\nsampling = "sobol"')
    assert rehearsed(question)[()].counts == {"residual": 9}
    with pytest.raises(errors.ProblemError, match="at t = 0, x = -1"):
        rehearsed(study(mine=mine, points="residual = 9"))


@pytest.mark.parametrize("sweep", ['"problem_parameters.shift" = [2, 3, 1]', '"points.residual" = [4, 16, 9]'])
def test_every_combination_is_looked_at(sweep, study):
    """x + shift vanishes at x = -1 for shift 1; a grid of 9 points has t = 1, of 4 and 16 it has not."""
    mine = f"shift: float = 2.0\n{TERM} / (p.x + self.shift) / (p.t - 1)"
    question = study(sweep, mine=mine, points="" if "points" in sweep else "residual = 16")
    with pytest.raises(errors.ProblemError) as caught:
        rehearsed(question)
    assert ("Mine(shift=1.0)" if "shift" in sweep else "at t = 1, x = -1") in str(caught.value)


def test_a_grid_that_does_not_exist_is_refused_before_anything_is_written(study):
    with pytest.raises(
        errors.ProblemError, match=r"a grid of 10 points in 2 dimensions does not exist; allowed: .*9 or 16"
    ):
        rehearsed(study(mine=TERM, points="residual = 10"))
