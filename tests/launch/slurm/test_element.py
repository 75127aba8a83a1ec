import dataclasses
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.launch.slurm import element, notice
from hpcpinn.launch.slurm.element import Leaving, Pace, Share
from hpcpinn.plan.forecast import Forecast, forecasts
from hpcpinn.plan.tasks import Task
from hpcpinn.run import interruption
from hpcpinn.run.task import Outcome
from hpcpinn.store import attempts, ledger


class Notice(notice.Notice):
    """What an element knows about its end, which a test says."""

    def __init__(self, usable=1e9):
        super().__init__(time.time() + usable, warning=0, can_preempt=False)


@pytest.fixture(autouse=True)
def calm():
    interruption.clear()
    yield
    interruption.clear()


@pytest.fixture
def share(plan, profile):
    def made(place=0, elements=1, fits=lambda task: True):
        return Share(forecasts(plan, profile().rates, plan.tasks), place, elements, fits)

    return made


def performing(publish, done, state="done", reason="", seconds=1.0):
    """Do nothing but publish."""

    def perform(task):
        done.append(task.id)
        if state == "done":
            publish([task])
        return Outcome(task, state, seconds, reason)

    return perform


@given(st.integers(1, 30), st.integers(1, 10))
def test_elements_begin_at_places_of_their_own(count, elements):
    found = [Forecast(Task(f"{k}", (k,), (0, 1)), 1, 1.0, 1.0, (k,)) for k in range(count)]
    orders = [Share(found, place, elements, lambda task: True).in_order() for place in range(elements)]
    for order in orders:
        assert sorted(order, key=lambda one: one.task.cell) == found
    assert len({order[0].task.id for order in orders}) == min(count, elements)


def test_everything_is_done_once(store, plan, share, publish, capsys):
    done = []
    assert element.work(store, share(), performing(publish, done), Notice()) == Leaving(len(plan.tasks), 0)
    assert sorted(done) == sorted(task.id for task in plan.tasks)
    said = capsys.readouterr().out
    assert len(re.findall(r"^== task \w{16} at ", said, re.MULTILINE)) == len(plan.tasks)
    assert len(re.findall(r"^== \w{16} done after 1\.0 s at ", said, re.MULTILINE)) == len(plan.tasks)
    assert element.work(store, share(), performing(publish, done), Notice()) == Leaving(0, 0)


def test_what_others_have_done_or_failed_or_are_at_work_on_is_left(store, plan, share, publish):
    publish(plan.tasks[:2])
    ledger.fail(store, attempts.begin(plan.tasks[2].id), "broke")
    done = []
    with ledger.attempt(store, plan.tasks[3].id):
        element.work(store, share(), performing(publish, done), Notice())
    assert sorted(done) == sorted(task.id for task in plan.tasks[4:])


def test_what_was_published_meanwhile_is_not_done_again(store, plan, share, publish):
    done = []

    def perform(task):
        done.append(task.id)
        publish([one for one in plan.tasks if one.id not in ledger.done(store)])
        return Outcome(task, "done", 1.0)

    element.work(store, share(), perform, Notice())
    assert len(done) == 1


def test_what_does_not_fit_is_left_to_a_larger_class(store, plan, share, publish):
    done = []
    large = {task.id for task in plan.tasks if task.cell[0]}
    element.work(store, share(fits=lambda task: task.id not in large), performing(publish, done), Notice())
    assert sorted(done) == sorted(task.id for task in plan.tasks if task.id not in large)


def test_a_failure_is_counted_and_the_others_go_on(store, plan, share, publish, capsys):
    leaving = element.work(store, share(), performing(publish, [], "failed", "ValueError: NaN"), Notice())
    assert leaving == Leaving(0, len(plan.tasks))
    assert "failed after 1.0 s" in capsys.readouterr().out


def test_the_first_task_is_begun_whatever_was_predicted_and_then_the_time_is_over(store, share, publish):
    done = []
    leaving = element.work(store, share(), performing(publish, done, seconds=50.0), Notice(usable=0.0))
    assert leaving == Leaving(1, 0, "late")
    assert len(done) == 1


def test_an_order_to_stop_is_followed(store, share, publish):
    done = []

    def perform(task):
        interruption.request("preempted")
        done.append(task.id)
        return Outcome(task, "stopped", 1.0, "preempted")

    assert element.work(store, share(), perform, Notice()) == Leaving(0, 0, "preempted")
    assert len(done) == 1


def test_the_pace_is_what_was_measured():
    alike = [Forecast(Task(f"{k}", (0,), (k, k + 1)), 1, 10.0, 5.0, (0,)) for k in range(3)]
    other = dataclasses.replace(alike[0], programs=(1,))
    pace = Pace()
    assert pace.seconds(alike[0]) == 15.0
    pace.add(alike[0], Outcome(alike[0].task, "done", 30.0))
    assert pace.seconds(alike[1]) == 20.0  # its programs are compiled
    assert pace.seconds(other) == 30.0
    pace.add(alike[1], Outcome(alike[1].task, "failed", 900.0))
    assert pace.seconds(alike[2]) == 20.0
