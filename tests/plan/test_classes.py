import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.classes import MOST_CLASSES, Node, classes, nodes, on_each, time_class
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


def dealt(peak, part):
    """A forecast of which `part` is dealt out to devices and nodes."""
    return Forecast(Task("0" * 16, (0,), (0, 1)), peak * GIB, 10.0, 1.0, (0,), part * GIB)


@pytest.mark.parametrize(
    ("peak", "part", "expected"),
    [(60, 50, (1, 1)), (100, 90, (1, 2)), (300, 299, (1, 4)), (470, 460, (1, 4)), (900, 880, (2, 4))],
)
def test_a_task_has_as_many_devices_and_then_nodes_as_hold_it(peak, part, expected):
    node = Node(memory=480 * GIB, gpus=4, gpu_memory=80 * GIB, nodes=2)
    (one,) = classes([dealt(peak, part)], node)
    assert (one.nodes, one.gpus) == expected
    assert one.memory == min(node.memory, memory_class(on_each(dealt(peak, part), one.nodes)))


def test_what_is_not_dealt_out_is_on_every_node():
    assert [on_each(dealt(100, 64), spread) // GIB for spread in (1, 2, 4, 8)] == [100, 68, 52, 44]
    assert nodes(dealt(100, 64), Node(60 * GIB, nodes=8)) == 4
    assert nodes(dealt(100, 0), Node(60 * GIB, nodes=8)) == 8
    assert nodes(dealt(100, 64), Node(60 * GIB, nodes=3)) == 2


@given(PAIRS, st.integers(1, 512), st.integers(0, 8), st.integers(1, 16))
def test_a_class_asks_for_no_more_than_a_node_has(pairs, memory, gpus, spread):
    node = Node(memory * GIB, gpus, 16 * GIB, spread)
    found = classes(made(pairs), node)
    assert sum(len(one.tasks) for one in found) == len(pairs)
    for one in found:
        assert one.memory <= node.memory
        assert bool(one.gpus) == bool(gpus)
        assert one.gpus <= gpus
        assert one.nodes <= spread
