import pytest

from hpcpinn.errors import ClusterError, PlanError
from hpcpinn.launch.slurm import client, submission
from hpcpinn.plan.retries import Needs
from hpcpinn.store import attempts, ends, ledger, submissions
from tests.launch.slurm.fake.control import NO_ACCOUNT, NO_ANSWER, SUBMIT_LIMIT

GIB = 2**30


def files(store):
    return sorted(path for path in store.rglob("*"))


def test_every_task_is_in_one_array_and_a_job_closes(fake_slurm, store, plan, submit):
    handed = submit()
    assert submissions.read(store, 1) == handed
    ids = [task for array in handed.arrays for task in array.tasks]
    assert sorted(ids) == sorted(task.id for task in plan.tasks)
    assert len({array.memory for array in handed.arrays}) == 2
    *jobs, closing = fake_slurm.jobs
    assert [str(job.id) for job in jobs] == [array.job for array in handed.arrays]
    assert [len(job.indices) for job in jobs] == [array.elements for array in handed.arrays]
    assert handed.closing == str(closing.id)
    assert closing.options["dependency"] == f"afterany:{':'.join(array.job for array in handed.arrays)}"


def test_what_is_prepared_is_submitted_to_the_byte_and_writes_nothing(fake_slurm, store, plan, profile):
    before = files(store)
    prepared = submission.prepare(plan, store, plan.tasks, profile())
    assert files(store) == before
    assert fake_slurm.calls == []
    submission.submit(prepared, store)
    assert [job.script for job in fake_slurm.jobs] == [text.encode() for text in prepared.scripts.values()]
    kept = [submissions.script(store, 1, name).read_text() for name in prepared.scripts]
    assert kept == list(prepared.scripts.values())
    assert submission.prepare(plan, store, plan.tasks, profile()).scripts != prepared.scripts  # its number


def test_what_is_in_the_queue_is_not_submitted_again(fake_slurm, store, plan, submit):
    handed = submit()
    assert submission.uncovered(store, plan.tasks) == []
    fake_slurm.set(int(handed.arrays[0].job), "RUNNING", 0)
    assert submission.uncovered(store, plan.tasks) == []
    for job in handed.jobs:
        fake_slurm.set(int(job), "COMPLETED")
    assert submission.uncovered(store, plan.tasks) == list(plan.tasks)


def test_what_the_queue_does_not_tell_is_taken_for_granted(fake_slurm, store, plan, submit):
    submit()
    fake_slurm.fail("squeue", NO_ANSWER, times=None)
    assert submission.uncovered(store, plan.tasks) == []


def test_a_job_that_came_later_keeps_its_tasks(fake_slurm, store, plan, submit):
    handed = submit()
    again = client.submit(submissions.script(store, 1, "0"), "--array=1")
    submissions.note_job(store, 1, again)
    for job in handed.jobs:
        fake_slurm.set(int(job), "COMPLETED")
    assert submission.uncovered(store, plan.tasks) == []
    assert submission.live_jobs(store, handed) == [again]


@pytest.mark.parametrize("said", [SUBMIT_LIMIT, NO_ACCOUNT])
def test_where_the_first_array_is_refused_nothing_is_submitted(fake_slurm, store, plan, submit, said):
    fake_slurm.fail("sbatch", said)
    with pytest.raises(ClusterError, match="`sbatch` refuses: ") as refused:
        submit()
    assert refused.value.exit_status == 2
    assert fake_slurm.jobs == []
    assert submissions.read(store, 1).state == "closed"
    assert "nothing was submitted" in submissions.read(store, 1).summary
    assert submission.uncovered(store, plan.tasks) == list(plan.tasks)
    assert submit().number == 2


def test_where_the_second_array_is_refused_the_first_is_closed(fake_slurm, store, plan, submit):
    fake_slurm.configure(submitted=3)
    with pytest.raises(
        ClusterError, match=r"Submitted so far: 1; the closing job, 2, submits the rest.*Lower `submitted`"
    ):
        submit()
    handed = submissions.read(store, 1)
    assert [bool(array.job) for array in handed.arrays] == [True] + [False] * (len(handed.arrays) - 1)
    assert (handed.state, handed.closing) == ("open", "2")
    assert submission.uncovered(store, plan.tasks) == []


def test_where_the_closing_job_is_refused_the_arrays_are_named(fake_slurm, store, plan, profile):
    prepared = submission.prepare(plan, store, plan.tasks, profile())
    arrays = len(prepared.submission.arrays)
    fake_slurm.configure(submitted=sum(array.elements for array in prepared.submission.arrays))
    taken = ", ".join(str(1 + k) for k in range(arrays))
    with pytest.raises(ClusterError, match=rf"Submitted so far: {taken}, and no job that closes them"):
        submission.submit(prepared, store)
    assert submission.uncovered(store, plan.tasks) == []
    for job in range(arrays):
        fake_slurm.set(job + 1, "COMPLETED")
    assert submission.uncovered(store, plan.tasks) == list(plan.tasks)


@pytest.mark.parametrize("way", ["fail", "hang"])
@pytest.mark.parametrize("times", [1, None])
def test_a_job_whose_answer_was_lost_is_found_in_the_queue(fake_slurm, store, submit, monkeypatch, way, times):
    monkeypatch.setattr(client, "SECONDS", 1.5)
    if way == "fail":
        fake_slurm.fail("sbatch", NO_ANSWER, times=times, after=True)
    else:
        fake_slurm.hang("sbatch", 20, times=times, after=True)
    handed = submit()
    assert handed.jobs == tuple(str(job.id) for job in fake_slurm.jobs)
    assert len(handed.jobs) == len(handed.arrays) + 1


def test_a_hanging_sbatch_is_told_and_the_next_submit_goes_on(fake_slurm, store, plan, submit, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.5)
    fake_slurm.hang("sbatch", 20)
    with pytest.raises(ClusterError, match="`sbatch` has not answered"):
        submit()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", f"{fake_slurm.bin}:{__import__('os').environ['PATH']}")
    fake_slurm.heal()
    assert {task for one in [submit()] for task in one.tasks} == {task.id for task in plan.tasks}


def test_who_submits_at_the_same_time_is_told(fake_slurm, store, plan, profile):
    one, other = (submission.prepare(plan, store, plan.tasks, profile()) for _ in range(2))
    submission.submit(one, store)
    with pytest.raises(ClusterError, match=r"somebody else has just submitted tasks of .*; nothing was submitted"):
        submission.submit(other, store)
    assert len(submissions.read_all(store)) == 1


def test_every_job_is_on_record_before_the_next_is_asked_for(fake_slurm, store, submit, monkeypatch):
    seen, hand = [], client.submit

    def watched(script, *options):
        seen.append(submissions.read(store, 1).jobs)
        return hand(script, *options)

    monkeypatch.setattr(client, "submit", watched)
    submit()
    assert seen == [tuple(map(str, range(1, 1 + k))) for k in range(len(seen))]


def test_lost_nodes_are_stayed_away_from(fake_slurm, store, plan, profile, die):
    marker = {**vars(die(plan.tasks[0].id, node="node7")), "job": {"id": "1_0", "run": 0, "node": "node7"}}
    ends.record_of(store, {**marker, "id": "x"}, "node", False)
    fake_slurm.configure(nodes=["node1", "node7"])
    prepared = submission.prepare(plan, store, plan.tasks, profile())
    assert all("#SBATCH --exclude=node7\n" in text for text in prepared.scripts.values())


def test_a_lost_node_that_the_cluster_has_no_more_is_not_named(fake_slurm, store, plan, profile, die):
    marker = {**vars(die(plan.tasks[0].id, node="node7")), "job": {"id": "1_0", "run": 0, "node": "node7"}}
    ends.record_of(store, {**marker, "id": "x"}, "node", False)
    fake_slurm.configure(nodes=["node1"])
    prepared = submission.prepare(plan, store, plan.tasks, profile())
    assert not any("--exclude" in text for text in prepared.scripts.values())
    fake_slurm.fail("sinfo", NO_ANSWER, times=None)
    prepared = submission.prepare(plan, store, plan.tasks, profile())
    assert all("#SBATCH --exclude=node7\n" in text for text in prepared.scripts.values())


def ended(store, task, reason, times=1):
    for _ in range(times):
        ends.record(store, attempts.begin(task), reason, False)


def test_a_task_that_ran_out_of_memory_is_in_a_larger_class(fake_slurm, store, plan, profile):
    small = plan.tasks[0]
    ended(store, small.id, "memory", 2)
    arrays = submission.prepare(plan, store, plan.tasks, profile()).submission.arrays
    (mine,) = [array for array in arrays if small.id in array.tasks]
    assert mine.memory >= 4 * GIB


@pytest.mark.parametrize("reason", ["memory", "walltime"])
def test_a_task_that_wants_more_than_there_is_gets_what_there_is(fake_slurm, store, plan, profile, reason):
    """It may not keep the others from being submitted."""
    ended(store, plan.tasks[0].id, reason, 20)
    prepared = submission.prepare(plan, store, plan.tasks, profile())
    (mine,) = [array for array in prepared.submission.arrays if plan.tasks[0].id in array.tasks]
    assert mine.memory == 64 * GIB if reason == "memory" else mine.seconds == 86400


def test_a_task_that_was_never_tried_is_refused_beforehand(store, plan, profile):
    with pytest.raises(PlanError, match=r"width 8192.*and 0\.12 GiB are allowed"):
        submission.prepare(plan, store, plan.tasks, profile(memory_per_node="0.125 GiB"))
    with pytest.raises(PlanError, match=r"one task of `two-sizes` is predicted to take .*Raise `walltime` or `speed`"):
        submission.prepare(plan, store, plan.tasks, profile(speed=1e-6))


def test_failed_tasks_are_tried_again_when_somebody_asks(store, plan):
    for task, reason in zip(plan.tasks, ("killed", "memory", "killed"), strict=False):
        ended(store, task.id, reason, 3)
        ledger.fail(store, attempts.begin(task.id), "told")
    submission.forgive(store, plan.tasks[:2])
    assert ledger.failed(store) == {plan.tasks[2].id}
    assert sorted(end.reason for end in ledger.ends(store)) == ["killed"] * 3 + ["memory"] * 3
    assert Needs().strikes == 0
