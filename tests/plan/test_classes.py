import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.classes import MOST_CLASSES, classes, time_class
from hpcpinn.plan.forecast import Forecast, forecasts
from hpcpinn.plan.memory import GIB, memory_class
from hpcpinn.plan.tasks import Task
from tests.plan.conftest import RATES

PAIRS = st.lists(st.tuples(st.integers(1, 2**40), st.floats(0.0, 1e6)), min_size=1, max_size=40)


def made(pairs):
    """Forecasts of tasks with these peaks and seconds."""
    return [
        Forecast(Task(f"{number:016x}", (number,), (0, 1)), peak, seconds, compilation=1.0, programs=(number,))
        for number, (peak, seconds) in enumerate(pairs)
    ]


@given(PAIRS)
def test_every_task_is_in_one_class(pairs):
    of_tasks = made(pairs)
    found = [forecast for one in classes(of_tasks) for forecast in one.forecasts]
    assert sorted(found, key=lambda forecast: forecast.task.cell) == of_tasks


@given(PAIRS)
def test_a_class_holds_each_of_its_tasks_and_there_are_few(pairs):
    found = classes(made(pairs))
    assert 1 <= len(found) <= MOST_CLASSES
    for one in found:
        assert max(forecast.peak_bytes for forecast in one.forecasts) <= one.memory
        assert max(forecast.alone for forecast in one.forecasts) == one.longest
        assert [task.cell for task in one.tasks] == sorted(task.cell for task in one.tasks)


@given(PAIRS)
def test_memory_is_no_more_than_the_largest_task_needs(pairs):
    for one in classes(made(pairs)):
        assert one.memory == memory_class(max(forecast.peak_bytes for forecast in one.forecasts))


@given(st.integers(1, 2**45))
def test_a_memory_class_is_the_smallest_power_of_two_that_holds_the_peak(peak):
    memory = memory_class(peak)
    assert peak <= memory
    assert memory == GIB or memory < 2 * peak
    assert (memory // GIB).bit_count() == 1


@pytest.mark.parametrize("minutes", [2, 8, 60, 1000])
def test_a_time_class_is_less_than_four_times_as_long_as_its_tasks(minutes):
    assert minutes <= 4 ** time_class(60.0 * minutes) < 4 * minutes


def test_tasks_of_one_kind_are_one_class():
    (one,) = classes(made([(GIB, 10.0)] * 5))
    assert (len(one.tasks), one.memory, one.gpus) == (5, GIB, 0)


def test_short_and_long_tasks_are_kept_apart():
    found = classes(made([(GIB, 10.0), (GIB, 1000.0), (GIB, 20.0)]))
    assert [len(one.tasks) for one in found] == [2, 1]


def test_classes_that_reserve_least_for_nothing_are_joined():
    """Of seven classes the two are joined that are nearest in memory, time and number."""
    kinds = [(memory * GIB, seconds) for memory, seconds in itertools.product((1, 16, 256), (10.0, 3000.0))]
    found = classes(made([*kinds, (2 * GIB, 10.0)]))
    assert len(found) == MOST_CLASSES
    assert {len(one.tasks) for one in found if one.memory == 2 * GIB} == {2}
    assert len([one for one in found if one.memory > 2 * GIB]) == 4


def test_a_narrow_and_a_very_wide_network_ask_for_different_memory(plan):
    planned = plan(width="[64, 8192]", depth="[3]", rest="")
    found = classes(forecasts(planned, RATES, planned.tasks))
    assert len({one.memory for one in found}) == 2
    assert {task.cell[0] for task in found[0].tasks} == {0}
