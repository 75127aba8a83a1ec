import dataclasses

import pytest

from hpcpinn.plan.duration import START_SECONDS, compilation_seconds
from hpcpinn.plan.forecast import Forecast, forecasts, in_turn
from hpcpinn.plan.tasks import Task
from tests.plan.conftest import LOAD, RATES


def forecast(number, cell=(0,), seconds=3.0, compilation=2.0):
    task = Task(f"{number:016x}", cell, (number, number + 1))
    return Forecast(task, 2**30, seconds, compilation, programs=cell)


def test_every_task_that_is_asked_for_has_a_forecast_in_the_order_of_the_plan(plan):
    planned = plan(seed="130")
    wanted = planned.tasks[4:1:-1]
    found = forecasts(planned, RATES, wanted)
    assert [one.task for one in found] == list(planned.tasks[2:5])
    assert [one.peak_bytes for one in found] == [cost.peak_bytes for cost in planned.costs[2:5]]


def test_a_slower_machine_takes_longer_for_every_task(plan):
    planned = plan()
    slow = dataclasses.replace(RATES, elements=RATES.elements / 2, file=2 * RATES.file)
    pairs = zip(forecasts(planned, RATES, planned.tasks), forecasts(planned, slow, planned.tasks), strict=True)
    assert all(fast.seconds < slow.seconds for fast, slow in pairs)


def test_a_task_alone_starts_and_compiles_for_itself():
    assert forecast(0).alone == START_SECONDS + 2 + 3


def test_twice_as_many_tasks_of_other_cells_take_twice_as_long():
    once = [forecast(number, cell=(number,)) for number in range(4)]
    again = [forecast(number, cell=(number,)) for number in range(4, 8)]
    assert in_turn([*once, *again]) == 2 * in_turn(once) == pytest.approx(2 * 4 * (2 + 3))


def test_tasks_of_one_cell_compile_once():
    assert in_turn([forecast(number) for number in range(4)]) == pytest.approx(2 + 4 * 3)


def test_narrow_networks_compile_for_their_number_and_wide_ones_do_not(plan):
    narrow = plan(seed="65", width="[8]")
    assert [one.programs for one in forecasts(narrow, RATES, narrow.tasks)] == [(0, 0, 64), (0, 0, 1)]
    wide = plan(seed="65", width="[8192]", depth="[3]", rest="")
    assert {one.programs for one in forecasts(wide, RATES, wide.tasks)} == {(0, 0)}
    assert forecasts(wide, RATES, wide.tasks)[0].compilation == compilation_seconds(wide.loads[0])


def test_every_task_has_the_load_of_its_cell(plan):
    planned = plan(seed="65", width="[8, 16]")
    assert [load.width for load in planned.loads] == [(8, 16)[task.cell[0]] for task in planned.tasks]
    assert type(planned.loads[0]) is type(LOAD)
