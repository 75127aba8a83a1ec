import pytest

from hpcpinn.launch.slurm import client, closing, studies, submission
from hpcpinn.store import attempts, ends, ledger, submissions
from tests.launch.slurm.fake.control import NO_ANSWER


@pytest.fixture
def handed(submit):
    return submit()


@pytest.fixture
def over(fake_slurm, handed):
    """The arrays have ended, and the closing job is at work."""
    for array in handed.arrays:
        fake_slurm.set(int(array.job), "COMPLETED")
    fake_slurm.set(int(handed.closing), "RUNNING")
    return handed


def test_everything_is_done(fake_slurm, store, plan, over, publish):
    publish(plan.tasks)
    closed = closing.close(store, 1, plan)
    assert closed == submissions.read(store, 1)
    assert closed.state == "closed"
    assert closed.summary == f"submission 1: {len(plan.tasks)} of {len(plan.tasks)} tasks done, 0 failed"
    assert len(submissions.read_all(store)) == 1


def test_what_is_left_is_submitted_again(fake_slurm, store, plan, over, publish):
    publish(plan.tasks[1:])
    ends.record(store, attempts.begin(plan.tasks[0].id), "preempted", False)
    closed = closing.close(store, 1, plan)
    again = submissions.read(store, 2)
    assert (again.round, again.state, again.tasks) == (1, "open", {plan.tasks[0].id})
    assert f"1 tasks are left: submitted again as submission 2, jobs {', '.join(again.jobs)}" in closed.summary
    assert "  1 attempts ended: preempted" in closed.summary
    assert [str(job.id) for job in fake_slurm.jobs][-2:] == list(again.jobs)
    assert submission.uncovered(store, plan.tasks[:1]) == []


def test_failed_tasks_are_named_and_not_tried_again(store, plan, over, publish):
    publish(plan.tasks[1:])
    ledger.fail(store, attempts.begin(plan.tasks[0].id), "NaN in the loss")
    closed = closing.close(store, 1, plan)
    assert f"failed {plan.tasks[0].id}: NaN in the loss" in closed.summary
    assert len(submissions.read_all(store)) == 1


def test_rounds_come_to_an_end(fake_slurm, store, plan, profile):
    first = submission.submit(submission.prepare(plan, store, plan.tasks, profile(rounds=2), round_=2), store)
    for job in first.jobs:
        fake_slurm.set(int(job), "COMPLETED")
    closed = closing.close(store, 1, plan)
    assert f"{len(plan.tasks)} tasks are left after 2 rounds: `hpcpinn submit` begins again" in closed.summary
    assert len(submissions.read_all(store)) == 1


def test_a_study_of_hopeless_weather_ends(fake_slurm, store, plan, submit):
    submit(rounds=3)
    for number in range(1, 10):
        for job in submissions.read(store, number).jobs:
            fake_slurm.set(int(job), "COMPLETED")
        closing.close(store, number, plan)
        if len(submissions.read_all(store)) == number:
            break
    assert number == 4


def test_jobs_that_came_later_are_waited_for(fake_slurm, store, plan, over):
    later = client.submit(submissions.script(store, 1, "0"), "--array=2")
    submissions.note_job(store, 1, later)
    open_ = closing.close(store, 1, plan)
    assert open_.state == submissions.read(store, 1).state == "open"
    last = fake_slurm.jobs[-1]
    assert last.options["dependency"] == f"afterany:{later}"
    assert submissions.read(store, 1).closing == str(last.id) != over.closing
    assert f"job {last.id} closes after them" in open_.summary


def test_where_no_job_can_be_submitted_after_them_it_stays_open(fake_slurm, store, plan, handed):
    fake_slurm.fail("sbatch", "sbatch: error: not from a node", times=None)
    told = closing.close(store, 1, plan).summary
    assert "are still at work, and nothing closes after them: `sbatch` refuses: not from a node" in told
    assert submissions.read(store, 1) == handed


def test_a_cancelled_submission_stays_cancelled(fake_slurm, store, plan, over):
    studies.cancel(store)
    assert closing.close(store, 1, plan).state == "cancelled"
    assert len(submissions.read_all(store)) == 1


def test_cancel_ends_all_jobs(fake_slurm, store, plan, handed):
    later = client.submit(submissions.script(store, 1, "0"), "--array=2")
    submissions.note_job(store, 1, later)
    assert sorted(studies.cancel(store)) == sorted([*handed.jobs, later])
    for job in (*handed.jobs, later):
        assert set(fake_slurm.states(int(job)).values()) == {"CANCELLED"}
    assert studies.cancel(store) == []


def test_a_cancel_that_slurm_refuses_can_be_repeated(fake_slurm, store, plan, handed):
    fake_slurm.fail("scancel", NO_ANSWER)
    with pytest.raises(closing.ClusterError, match="`scancel` refuses"):
        studies.cancel(store)
    assert submissions.read(store, 1).state == "open"
    assert studies.cancel(store) == list(handed.jobs)
    assert submissions.read(store, 1).state == "cancelled"


def test_where_sbatch_is_impossible_the_way_is_told(fake_slurm, store, plan, over):
    fake_slurm.fail("sbatch", "sbatch: error: not from a node", times=None)
    closed = closing.close(store, 1, plan)
    assert closed.state == "closed"
    assert "cannot be submitted from here: `sbatch` refuses: not from a node" in closed.summary
    assert closed.summary.endswith("Write `hpcpinn submit`.")
    assert submission.uncovered(store, plan.tasks) == list(plan.tasks)


def test_what_no_longer_fits_is_told(fake_slurm, store, plan, over, monkeypatch):
    def refuse(*_):
        raise closing.PlanError("too long.")

    monkeypatch.setattr(submission, "_refuse", refuse)
    assert "cannot be submitted from here: too long. Write `hpcpinn submit`." in closing.close(store, 1, plan).summary


def test_the_dead_are_counted_before_it_closes(fake_slurm, store, plan, over, publish, die):
    publish(plan.tasks[1:])
    task = plan.tasks[0].id
    for _ in range(3):
        die(task)
    summary = closing.close(store, 1, plan).summary
    assert f"failed {task}: its process died 3 times for no reason that Slurm tells; see `hpcpinn logs`" in summary
    assert len(submissions.read_all(store)) == 1


def test_closing_twice_changes_nothing(store, plan, over):
    first = closing.close(store, 1, plan)
    assert closing.close(store, 1, plan) == first
    assert len(submissions.read_all(store)) == 2
