import dataclasses

import pytest

from hpcpinn.errors import StudyError
from tests.plan.conftest import TRAINING

CAUSAL = TRAINING + 'weighting = "causal"\n'


@pytest.fixture(scope="session")
def moving(outline):
    return dataclasses.replace(outline, coordinates=("t", "x"))


def test_causal_weights_go_along_the_time_of_a_problem(plan, moving):
    swept = plan(moving, sweep='"weighting.slices" = [8, 32]', rest=CAUSAL)
    assert swept.sizes["slices"] == 2
    assert {swept.study.configuration(task.cell).weighting.slices for task in swept.tasks} == {8, 32}


def test_a_steady_problem_has_no_causal_weights(plan):
    with pytest.raises(StudyError) as caught:
        plan(rest=CAUSAL)
    assert str(caught.value) == (
        '`weighting.coordinate` cannot be "t", its default: causal weights go along the time of the problem '
        "`poisson1d`, which has no coordinate of this name; allowed: x. Write the one that is time, as in "
        '`coordinate = "x"` under [weighting], or for a steady problem `weighting = "none"` under [training].'
    )


def test_a_coordinate_is_refused_with_the_nearest(plan, outline):
    named = dataclasses.replace(outline, coordinates=("x", "time"))
    with pytest.raises(StudyError, match=r'cannot be "tyme": .*; allowed: time, x\. Did you mean `time`\? Write'):
        plan(named, rest=CAUSAL + '[weighting]\ncoordinate = "tyme"\n')


def test_a_swept_coordinate_and_a_swept_weighting_are_looked_at_in_every_cell(plan, moving):
    with pytest.raises(StudyError, match=r'`weighting\.coordinate` cannot be "y": '):
        plan(moving, sweep='"weighting.coordinate" = ["t", "y"]', rest=CAUSAL)
    with pytest.raises(StudyError, match=r'`weighting\.coordinate` cannot be "t", its default: '):
        plan(sweep='"training.weighting" = ["none", "causal"]', rest=TRAINING)


def test_other_weightings_need_no_time(plan):
    plan(rest=TRAINING + 'weighting = "ntk"\n')
    plan(rest="")
