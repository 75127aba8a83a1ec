from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.forecast import Forecast, needing
from hpcpinn.plan.memory import memory_class
from hpcpinn.plan.retries import MOST_STRIKES, Needs, needs
from hpcpinn.plan.tasks import Task

FREE = ("cancelled", "node", "preempted", "requeued", "stopped")
FORECAST = Forecast(Task("0" * 16, (0,), (0, 1)), 5 * 2**30, 100.0, 7.0, (0,), 2**30)


@dataclass(frozen=True)
class End:
    reason: str
    saved: bool = False


@given(st.lists(st.builds(End, st.sampled_from(FREE), st.booleans())))
def test_what_others_have_done_is_never_charged(ends):
    assert needs(ends) == Needs()
    assert not needs(ends).hopeless


@pytest.mark.parametrize("times", range(4))
def test_memory_and_time_are_doubled(times):
    assert needs([End("memory")] * times) == Needs(memory=2**times)
    assert needs([End("walltime")] * times) == Needs(seconds=2**times)
    assert needs([End("walltime", saved=True)] * times) == Needs()


@pytest.mark.parametrize("times", range(5))
def test_the_third_death_without_a_reason_is_the_last(times):
    assert needs([End("killed")] * times).hopeless == (times >= MOST_STRIKES == 3)


def test_a_task_that_needs_no_more_keeps_its_forecast():
    assert needing(FORECAST, Needs(strikes=2)) is FORECAST


def test_a_task_that_needs_more_is_given_more():
    more = needing(FORECAST, Needs(memory=2, seconds=4))
    assert more.peak_bytes == 2 * memory_class(FORECAST.peak_bytes) == 16 * 2**30
    assert more.dealt_bytes == 2 * FORECAST.dealt_bytes
    assert more.alone == pytest.approx(4 * FORECAST.alone)
