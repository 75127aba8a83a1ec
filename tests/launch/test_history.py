import pytest

from hpcpinn.launch import history
from hpcpinn.launch.slurm import element, logs
from hpcpinn.store import attempts, ends, layout, ledger
from hpcpinn.store.place import Job


@pytest.fixture
def task(plan):
    return plan.tasks[0].id


def test_a_task_that_was_never_tried_has_no_past(store, task):
    assert history.attempts_of(store, task) == []


def test_attempts_are_told_in_order_with_what_was_printed(store, plan, task, die, publish):
    log = f"{logs.heading(Job('7_1', 0, 'node3'))}\n{element.BEGIN} {task} at 1\nof mine\n"
    other = f"{element.BEGIN} {plan.tasks[1].id} at 0\nof another\n"
    gone = die(task, job="7_1", node="node3", log=log.replace("\n==", f"\n{other}==", 1), started="2026-01-01T00:00:00")
    ends.record_of(store, {**vars(gone), "job": gone.job.facts}, "node", True)
    layout.running(store, task, gone.id).unlink()
    ledger.fail(store, attempts.begin(task), "NaN", "Traceback of it\n")
    first, failed = history.attempts_of(store, task)
    assert (first.when, first.where) == ("2026-01-01T00:00:00", "job 7_1, run 0, on node3")
    assert first.end == "ended: node, with a checkpoint"
    assert "of mine" in first.text
    assert "of another" not in first.text
    assert (failed.end, failed.text) == ("failed: NaN", "Traceback of it\n")
    assert failed.where.startswith("process ")
    publish([task])
    assert [past.end.split()[0] for past in history.attempts_of(store, task)] == ["ended:", "done"]


def test_who_is_at_work_is_told(store, task):
    with ledger.attempt(store, task):
        (past,) = history.attempts_of(store, task)
    assert past.end == "under way, or lost"


@pytest.mark.parametrize("text", ["", "[]", "{}", "3", '{"job": {}, "started": 7}'])
@pytest.mark.parametrize(
    "ending", [layout.DONE, layout.FAILED, f".1{layout.RUNNING}", f".1.node{layout.ENDED}", ".x.json"]
)
def test_records_that_are_torn_break_nothing(store, task, ending, text):
    (layout.ledger(store) / f"{task}{ending}").write_text(text)
    published = ledger.is_done(store, task)
    ledger.fail(store, attempts.begin(task), "NaN")
    assert published or "failed: NaN" in [past.end for past in history.attempts_of(store, task)]
