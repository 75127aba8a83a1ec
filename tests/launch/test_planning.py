"""What a plan says of this machine; the machine itself is replaced by one whose rates are known."""

import dataclasses

import pytest

from hpcpinn.launch import planning
from hpcpinn.launch.planning import plan_study
from hpcpinn.launch.running import missing
from hpcpinn.plan.duration import START_SECONDS
from hpcpinn.run.session import open_session
from hpcpinn.store import attempts, ledger
from hpcpinn.study.reading import read_study
from tests.launch.conftest import SMALL
from tests.plan.conftest import RATES

CELLS = SMALL.replace("width = [4, 8]", "width = [4, 8]\n'network.weight_std' = [1.0, 1.5]")


@pytest.fixture
def planned(write_study, tmp_path, monkeypatch):
    def plan(text=SMALL, rates=RATES, store=tmp_path / "planned.zarr"):
        monkeypatch.setattr(planning, "calibrate", lambda folder: rates)
        return plan_study(write_study(text), store)

    return plan


def test_classes_hold_the_tasks_that_are_missing(planned):
    found = planned()
    assert {task for one in found.classes for task in one.tasks} == set(found.plan.tasks)
    assert found.missing == len(found.plan.tasks)


def test_twice_as_many_cells_take_twice_as_long(planned):
    once, twice = planned().seconds - START_SECONDS, planned(CELLS).seconds - START_SECONDS
    assert twice == pytest.approx(2 * once)


def test_a_slower_machine_takes_longer(planned):
    slow = dataclasses.replace(RATES, file=1.0, disk=1e3)
    assert planned(rates=slow).seconds > planned().seconds


def test_what_is_done_takes_no_time(planned, write_study, tmp_path):
    session = open_session(read_study(write_study()), tmp_path / "small.zarr", 1)
    *others, last = session.plan.tasks
    for task in others:
        ledger.publish(session.store.path, attempts.begin(task.id), [])
    found = planned(store=session.store.path)
    assert (found.missing, [one.tasks for one in found.classes]) == (1, [(last,)])
    ledger.publish(session.store.path, attempts.begin(last.id), [])
    done = planned(store=session.store.path)
    assert (done.missing, done.classes, done.seconds) == (0, (), START_SECONDS)


def test_tasks_wait_longest_first_and_those_of_a_cell_together(planned, monkeypatch, tmp_path):
    plan = planned(SMALL.replace("seed = 3", "seed = 130")).plan
    monkeypatch.setattr(ledger, "done", lambda store: set())
    waiting = missing(plan, tmp_path)
    assert sorted(waiting, key=plan.tasks.index) == list(plan.tasks)
    cells = [task.cell for task in waiting]
    assert cells == [cell for cell in dict.fromkeys(cells) for task in plan.tasks if task.cell == cell]
    flops = {task.id: cost.flops for task, cost in zip(plan.tasks, plan.costs, strict=True)}
    longest = [flops[task.id] for task in waiting if task.seeds[0] == 0]
    assert longest == sorted(longest, reverse=True)
