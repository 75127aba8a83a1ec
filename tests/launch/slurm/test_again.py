import dataclasses

import pytest

from hpcpinn.launch.slurm import again
from hpcpinn.store import submissions
from hpcpinn.store.place import Job
from tests.launch.slurm.fake.control import NO_ANSWER, SUBMIT_LIMIT

JOB = Job("1_0", 0, "node1")


@pytest.fixture
def come_back(fake_slurm, store, submit, profile):
    """Submit, let element 0 of the first array be at work, and end it for a reason."""
    submit()
    fake_slurm.set(1, "RUNNING", 0)

    def come_back(reason, preemption="cancel"):
        return again.come_back(store, 1, 0, 0, JOB, reason, profile(preemption=preemption))

    return come_back


@pytest.mark.parametrize("preemption", ["none", "requeue", "cancel"])
def test_out_of_time_it_is_requeued(fake_slurm, come_back, preemption):
    assert come_back("walltime", preemption) == "job 1_0 is requeued"
    assert fake_slurm.states(1)[0] == "PENDING"
    assert ["scontrol", "requeue", "1_0"] in fake_slurm.calls


def test_preempted_where_slurm_requeues_nothing_is_done(fake_slurm, come_back):
    before = fake_slurm.calls
    assert come_back("preempted", "requeue") == ""
    assert fake_slurm.calls == before


def test_preempted_where_slurm_cancels_it_is_submitted_again(fake_slurm, store, come_back):
    before = len(fake_slurm.jobs)
    told = come_back("preempted")
    job = fake_slurm.jobs[-1]
    assert len(fake_slurm.jobs) == before + 1
    assert told == f"job 1_0 was preempted and is submitted again as {job.id}_0"
    assert job.indices == [0]
    assert job.script == submissions.script(store, 1, "0").read_bytes()
    assert submissions.more_jobs(store, 1) == [str(job.id)]


@pytest.mark.parametrize("way", ["scancel", "record"])
def test_cancelled_by_a_person_it_stays_away(fake_slurm, store, come_back, way):
    """Also where Slurm does not say so: the record of the submission does."""
    if way == "scancel":
        fake_slurm.set(1, "CANCELLED", 0)
    else:
        fake_slurm.fail("scontrol", NO_ANSWER, times=None)
        submissions.write(store, dataclasses.replace(submissions.read(store, 1), state="cancelled"))
    before = len(fake_slurm.jobs)
    assert come_back("preempted") == ""
    assert len(fake_slurm.jobs) == before


@pytest.mark.parametrize("state", ["cancelled", "closed"])
def test_a_submission_that_is_over_is_not_requeued(fake_slurm, store, come_back, state):
    submissions.write(store, dataclasses.replace(submissions.read(store, 1), state=state))
    assert come_back("walltime") == ""
    assert fake_slurm.states(1)[0] == "RUNNING"


@pytest.mark.parametrize(("reason", "command"), [("walltime", "scontrol"), ("preempted", "sbatch")])
def test_where_slurm_refuses_the_closing_job_is_left_to_it(fake_slurm, store, come_back, reason, command):
    fake_slurm.fail(command, SUBMIT_LIMIT, times=None)
    told = come_back(reason)
    assert told.startswith(f"job 1_0 does not come back: `{command}` refuses: ")
    assert told.endswith("The closing job submits what is left.")
    assert submissions.more_jobs(store, 1) == []


@pytest.mark.parametrize("reason", ["cancelled", "stopped", ""])
def test_for_any_other_reason_it_stays_away(fake_slurm, come_back, reason):
    before = fake_slurm.calls
    assert come_back(reason) == ""
    assert fake_slurm.calls == before
