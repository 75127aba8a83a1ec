"""What status knows: from a store in every state, with a queue that answers, fails or is not there."""

import json
from dataclasses import asdict, replace

import pytest

from hpcpinn.launch.overview import overview
from hpcpinn.launch.slurm import client
from hpcpinn.store import attempts, ends, layout, ledger, submissions
from tests.launch.slurm.fake.control import NO_ANSWER


def counted(found):
    return {name: part.tasks for name, part in found.states.items()}


def test_four_states_cover_every_task(fake_slurm, store, plan, publish):
    publish(plan.tasks[:3])
    ledger.fail(store, attempts.begin(plan.tasks[3].id), "NaN in the loss", "Traceback")
    ends.record(store, attempts.begin(plan.tasks[4].id), "preempted", True)
    with ledger.attempt(store, plan.tasks[5].id):
        found = overview(store)
    assert counted(found) == {"done": 3, "running": 1, "failed": 1, "waiting": len(plan.tasks) - 5}
    assert sum(part.runs for part in found.states.values()) == sum(task.count for task in plan.tasks)
    assert sum(part.share for part in found.states.values()) == pytest.approx(1.0)
    assert sum(count for one in found.classes for count in one.tasks.values()) == len(plan.tasks)
    assert [(one.task, one.reason) for one in found.failures] == [(plan.tasks[3].id, "NaN in the loss")]
    assert found.ends == {"preempted": 1}
    assert fake_slurm.calls == []


def test_a_new_store_waits(store, plan):
    found = overview(store)
    assert counted(found) == {"done": 0, "running": 0, "failed": 0, "waiting": len(plan.tasks)}
    assert (found.comparison, found.gpu_hours, found.queue_error) == (None, None, "")
    assert all(one.hours is None for one in found.classes)


def test_the_queue_tells_what_jobs_do(fake_slurm, store, submit):
    handed = submit()
    array = int(handed.arrays[1].job)
    fake_slurm.set(array, "RUNNING", 0)
    fake_slurm.set(array, "PENDING", 1, reason="Resources")
    fake_slurm.set(int(handed.arrays[0].job), "COMPLETED")
    (one,) = overview(store).submissions
    assert one.jobs == handed.jobs
    assert one.queue["running"] == 1
    assert one.queue["pending (Resources)"] == 1
    assert sum(one.queue.values()) == sum(array.elements for array in handed.arrays)


@pytest.mark.parametrize("way", ["fail", "hang", "absent"])
def test_a_queue_that_does_not_answer_leaves_the_store(fake_slurm, store, plan, submit, monkeypatch, way, tmp_path):
    submit()
    if way == "fail":
        fake_slurm.fail("squeue", NO_ANSWER, times=None)
    elif way == "hang":
        monkeypatch.setattr(client, "SECONDS", 0.5)
        fake_slurm.hang("squeue", 20)
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    found = overview(store)
    assert counted(found)["waiting"] == len(plan.tasks)
    assert "`squeue`" in found.queue_error
    assert found.submissions[0].queue == {}


def test_a_closed_submission_is_not_asked_for(fake_slurm, store, submit):
    submissions.claim(store, submissions.Submission(1, {}, (), state="closed", summary="told"))
    assert overview(store).submissions[0].summary == "told"
    assert fake_slurm.calls == []


def test_sacct_is_never_asked(fake_slurm, store, submit):
    submit()
    overview(store)
    assert {call[0] for call in fake_slurm.calls} == {"sbatch", "squeue"}


def test_devices_count_each(fake_slurm, store, plan, profile, submit):
    (store / "chunk").touch()
    begun = attempts.begin(plan.tasks[0].id)
    ledger.publish(store, replace(begun, clock=begun.clock - 1), ["chunk"])  # begun just now, it may have taken 0 s
    assert overview(store).gpu_hours is None
    submit(gpus_per_node=4, gpu_memory="1 GiB")
    one = overview(store)
    devices = {array.gpus for array in submissions.read(store, 1).arrays}
    assert len(devices) == 2
    hours = sum(part.hours for part in one.classes)
    assert min(devices) * hours < one.gpu_hours < max(devices) * hours


def test_everything_is_json(fake_slurm, store, plan, publish, submit):
    submit()
    publish(plan.tasks[:3])
    found = json.loads(json.dumps(asdict(overview(store)), allow_nan=False))
    assert found["states"]["done"]["tasks"] == 3
    assert len(found["slowest"]) == len(found["largest"]) == 3
    assert found["slowest"][0]["cell"] in ({"width": width, "depth": 3} for width in (4, 8192))


def test_files_of_others_change_nothing(fake_slurm, store, plan, publish):
    publish(plan.tasks[:3])
    before = asdict(overview(store))
    for name in ("x", f"{'0' * 16}", plan.tasks[5].id, "a.b.c.d", ".hidden"):
        for ending in (layout.ENDED, layout.MEASURED, layout.RUNNING, ".partial", ".json", ""):
            (layout.ledger(store) / f"{name}{ending}").write_bytes(b"\xff[1")
    for ending in (layout.DONE, layout.FAILED):
        (layout.ledger(store) / f"other{ending}").write_bytes(b"{")
    layout.submissions(store).mkdir()
    (layout.submissions(store) / "notes.json").write_text("x")
    assert asdict(overview(store)) == before
