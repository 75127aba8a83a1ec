"""The end of a submission: what is left is submitted again, or the study is closed with a summary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hpcpinn.errors import ClusterError, PlanError
from hpcpinn.launch.slurm import inquest, submission
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.store import ledger, submissions
from hpcpinn.store.submissions import Submission


def close(store: Path, number: int, plan: Plan) -> Submission:
    """Close a submission, or wait for jobs of it that have come later, or submit again what it has left.

    Returns:
        The submission as it is now; its summary says what has come of it.

    Raises:
        StoreError: there is no such submission, or the disk refuses.
    """
    closing = submissions.read(store, number)
    if closing.state != "open":
        return closing
    profile = Profile.model_validate(closing.profile)
    inquest.hold(store, profile.node)
    waiting = _others(store, closing)
    if waiting:
        return _later(store, closing, waiting)
    return _settled(store, closing, plan, profile)


def _later(store: Path, closing: Submission, waiting: Sequence[str]) -> Submission:
    """Close after jobs that have come later; the submission stays open where no job can be submitted from here."""
    script, at_work = submissions.script(store, closing.number, submission.CLOSING), ", ".join(waiting)
    try:
        after = submission.close_after(closing, store, script, waiting)
    except ClusterError as error:
        told = f"and nothing closes after them: {error} Write `hpcpinn submit` when they are over."
        return replace(closing, summary=f"jobs {at_work} are still at work, {told}")
    return replace(after, summary=f"jobs {at_work} are still at work; job {after.closing} closes after them")


def _others(store: Path, closing: Submission) -> list[str]:
    """Jobs that are not over, this one aside."""
    try:
        return [job for job in submission.live_jobs(store, closing) if job != closing.closing]
    except ClusterError:
        return []


def _settled(store: Path, closing: Submission, plan: Plan, profile: Profile) -> Submission:
    over = ledger.done(store) | ledger.failed(store)
    own = closing.tasks
    left = [task for task in plan.tasks if task.id in own and task.id not in over]
    summary = _summary(store, closing)
    if left and closing.round >= profile.rounds:
        summary += f"\n{len(left)} tasks are left after {closing.round} rounds: `hpcpinn submit` begins again"
    elif left:
        summary += f"\n{_again(store, closing, plan, left, profile)}"
    closed = replace(submissions.read(store, closing.number), state="closed", summary=summary)
    submissions.write(store, closed)
    return closed


def _again(store: Path, closing: Submission, plan: Plan, left: Sequence[Task], profile: Profile) -> str:
    """Submit what is left; where that is not possible from here, say how it is done by hand."""
    try:
        again = submission.submit(submission.prepare(plan, store, left, profile, closing.round + 1), store)
    except (ClusterError, PlanError) as error:
        return f"{len(left)} tasks are left, and they cannot be submitted from here: {error} Write `hpcpinn submit`."
    return f"{len(left)} tasks are left: submitted again as submission {again.number}, jobs {', '.join(again.jobs)}"


def _summary(store: Path, closing: Submission) -> str:
    """How many tasks have come to which end, and why attempts ended on the way."""
    done, failed = closing.tasks & ledger.done(store), closing.tasks & ledger.failed(store)
    ends = Counter(end.reason for end in ledger.ends(store) if end.task in closing.tasks)
    lines = [f"submission {closing.number}: {len(done)} of {len(closing.tasks)} tasks done, {len(failed)} failed"]
    lines += [f"  {count} attempts ended: {reason}" for reason, count in sorted(ends.items())]
    lines += [f"  failed {one.task}: {one.reason}" for one in ledger.failures(store) if one.task in failed]
    return "\n".join(lines)
