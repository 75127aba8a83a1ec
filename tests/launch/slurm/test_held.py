"""What Slurm holds after a failed launch is let go on, and nothing else."""

import pytest

from hpcpinn.launch.slurm import client, held
from hpcpinn.store import submissions

FAILED = "launch failed requeued held"


@pytest.fixture
def first(fake_slurm, submit):
    """A submission of several arrays, the first of one element."""
    return submit()


def reasons(job):
    return {queued.id: queued.reason for queued in client.queue([str(job)])}


def test_what_slurm_holds_is_released(fake_slurm, store, first):
    job, other = map(int, first.jobs[:2])
    fake_slurm.set(job, "PENDING", reason=FAILED)
    fake_slurm.set(other, "RUNNING", node="node1")
    (waiting,) = client.queue([str(job)])
    assert held.release(store, first) == waiting.elements
    assert fake_slurm.calls[-1] == ["scontrol", "release", f"{job}_[0]"]
    assert FAILED not in reasons(job).values()
    assert held.release(store, first) == 0


def test_what_a_person_holds_stays_held(fake_slurm, store, first):
    job = int(first.jobs[1])
    fake_slurm.set(job, "PENDING", reason="JobHeldUser")
    before = reasons(job)
    assert held.release_all(store) == 0
    assert reasons(job) == before


def test_elements_that_were_submitted_once_more_are_released_too(fake_slurm, store, first):
    more = client.submit(submissions.script(store, 1, "0"), "--array=1")
    submissions.note_job(store, 1, more)
    fake_slurm.set(int(more), "PENDING", reason=FAILED)
    assert held.release_all(store) == 1


@pytest.mark.parametrize("command", ["squeue", "scontrol"])
def test_where_slurm_does_not_answer_nothing_happens(command, fake_slurm, store, first):
    fake_slurm.set(int(first.jobs[0]), "PENDING", reason=FAILED)
    fake_slurm.fail(command, "slurm_load_jobs error: Unable to contact slurm controller")
    assert held.release(store, first) == 0
    fake_slurm.heal()
    assert held.release(store, first) > 0
