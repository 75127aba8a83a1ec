"""Submitting: which tasks, in which arrays, with which scripts; then Slurm has them, and nobody has to wait."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hpcpinn.errors import ClusterError, PlanError
from hpcpinn.launch.slurm import client, inquest, scripts
from hpcpinn.launch.slurm.fields import span
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.launch.slurm.scripts import Context
from hpcpinn.plan.arrays import JobArray, job_arrays
from hpcpinn.plan.classes import classes, nodes, on_each
from hpcpinn.plan.forecast import Forecast, forecasts, needing
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.refusal import refuse
from hpcpinn.plan.retries import FORGIVEN, Needs
from hpcpinn.plan.tasks import Task
from hpcpinn.store import ledger, submissions
from hpcpinn.store.submissions import Array, Submission

CLOSING = "closing"


@dataclass(frozen=True)
class Prepared:
    """What is about to be submitted: nothing of it is written yet.

    Attributes:
        submission: its record.
        scripts: by the name under which they are kept, arrays first, the closing job last.
    """

    submission: Submission
    scripts: dict[str, str]


def arrays_of(plan: Plan, store: Path, tasks: Sequence[Task], profile: Profile) -> tuple[JobArray, ...]:
    """Arrays for some tasks of a plan, which are given what their interrupted attempts have shown that they need.

    Raises:
        PlanError: a task is too large, or too long, for what the profile allows.
    """
    wanted = inquest.wanted(store) if store.exists() else {}
    found = [needing(one, wanted.get(one.task.id, Needs())) for one in forecasts(plan, profile.rates, tasks)]
    _refuse(plan, [one for one in found if wanted.get(one.task.id, Needs()) == Needs()], profile)
    return job_arrays(classes(found, profile.node), profile.site)


def prepare(plan: Plan, store: Path, tasks: Sequence[Task], profile: Profile, round_: int = 0) -> Prepared:
    """Arrays and scripts for some tasks of a plan; a pure function of these, of the store's ledger, and of the profile.

    Args:
        plan: the plan.
        store: absolute path of the store, which need not exist.
        tasks: those that are to run.
        profile: the cluster.
        round_: how many closing jobs have submitted again before.

    Raises:
        PlanError: a task is too large, or too long, for what the profile allows.
        ClusterError: the path of the store cannot be named in a script.
    """
    arrays = arrays_of(plan, store, tasks, profile)
    lost = client.known(inquest.lost_nodes(store)) if store.exists() else ()
    context = Context(plan.name, store, submissions.next_number(store), profile, lost)
    records = tuple(map(_record, arrays))
    submission = Submission(context.number, profile.model_dump(mode="json"), records, round=round_)
    texts = {
        str(place): scripts.array_script(context, place, record, array.throttle, _about(array))
        for place, (record, array) in enumerate(zip(records, arrays, strict=True))
    }
    return Prepared(submission, texts | {CLOSING: scripts.closing_script(context)})


def submit(prepared: Prepared, store: Path) -> Submission:
    """Hand everything to Slurm, one job after the other; every job id is on record before the next is asked for.

    Raises:
        ClusterError: Slurm refuses an array. Arrays that it has taken are closed all the same.
        StoreError: the disk refuses, or somebody else submits at the same time.
    """
    submission = replace(prepared.submission, facts=submissions.here())
    if not submissions.claim(store, submission):
        raise ClusterError(
            f"somebody else has just submitted tasks of {store}; nothing was submitted. Write the same command again: "
            f"it submits what is left."
        )
    paths = {
        name: submissions.write_script(store, submission.number, name, text) for name, text in prepared.scripts.items()
    }
    refusal = None
    for place in range(len(submission.arrays)):
        try:
            submission = submission.with_job(place, _handed(paths[str(place)]))
        except ClusterError as error:
            refusal = error
            break
        submissions.write(store, submission)
    return _closed(submission, store, paths[CLOSING], refusal)


def _handed(script: Path, *options: str) -> str:
    """Hand over a script that no job was made of before; where the answer is lost, the queue knows its job."""
    try:
        return client.submit(script, *options)
    except ClusterError:
        job = client.job_of(script)
        if job is None:
            raise
        return job


def _closed(submission: Submission, store: Path, script: Path, refusal: ClusterError | None) -> Submission:
    """Submit the closing job of the arrays that were taken; then say what was refused."""
    if not submission.jobs:
        submissions.write(store, replace(submission, state="closed", summary=f"nothing was submitted: {refusal}"))
        raise refusal or ClusterError("nothing was submitted")
    taken = ", ".join(submission.jobs)
    try:
        submission = replace(submission, closing=_handed(script, after(submission.jobs)))
    except ClusterError as error:
        raise ClusterError(
            f"{refusal or error} Submitted so far: {taken}, and no job that closes them. Write the same command again "
            f"when they are over: it submits what is left."
        ) from error
    submissions.write(store, submission)
    if refusal is not None:
        raise ClusterError(
            f"{refusal} Submitted so far: {taken}; the closing job, {submission.closing}, submits the rest when they "
            f"are over. Lower `submitted` or `array_size` in the profile."
        )
    return submission


def close_after(submission: Submission, store: Path, script: Path, jobs: Sequence[str]) -> Submission:
    """Submit the closing job, to begin when these jobs are over, however they end.

    Raises:
        ClusterError: Slurm refuses.
    """
    submission = replace(submission, closing=client.submit(script, after(jobs)))
    submissions.write(store, submission)
    return submission


def after(jobs: Sequence[str]) -> str:
    """The option of a job that is to begin when others are over, however they end."""
    return f"--dependency=afterany:{':'.join(jobs)}"


def in_queue(store: Path) -> Iterator[Submission]:
    """Submissions some job of which is in the queue; all that are open where the queue cannot be asked."""
    for submission in submissions.read_all(store) if store.exists() else ():
        if submission.state == "open" and alive(store, submission):
            yield submission


def alive(store: Path, submission: Submission) -> bool:
    """Whether a job of a submission is in the queue, or may be."""
    try:
        return bool(live_jobs(store, submission))
    except ClusterError:
        return True


def live_jobs(store: Path, submission: Submission) -> list[str]:
    """Ids of the jobs of a submission that are not over.

    Raises:
        ClusterError: the queue cannot be asked.
    """
    jobs = submissions.all_jobs(store, submission)
    return sorted({queued.job for queued in client.queue(jobs) if not queued.is_over})


def _record(array: JobArray) -> Array:
    resources = array.resources
    tasks = tuple(forecast.task.id for forecast in array.forecasts)
    return Array(tasks, array.elements, resources.memory, array.seconds, resources.gpus, resources.nodes)


def _about(array: JobArray) -> str:
    one = array.resources
    of_node = f"{one.memory / 2**30:.3g} GiB" + (f" and {one.gpus} GPUs" if one.gpus else "")
    spread = f"{one.nodes} nodes with {of_node} each" if one.nodes > 1 else of_node
    longest = span(round(one.longest))
    return (
        f"{len(array.forecasts)} tasks of up to {longest} with {spread}: any element does any of them that is missing."
    )


def _refuse(plan: Plan, found: Sequence[Forecast], profile: Profile) -> None:
    """Refuse tasks that were never tried; one that has run out of memory or time before gets what there is."""
    node = profile.node
    for one in sorted(found, key=lambda one: -one.peak_bytes):
        spread = nodes(one, node)
        if on_each(one, spread) > node.memory:
            allowed = node.memory + one.dealt_bytes - math.ceil(one.dealt_bytes / spread)
            refuse(plan, allowed, _ANY, [one.task])
    loads = {task.id: load for task, load in zip(plan.tasks, plan.loads, strict=True)}
    for one in sorted(found, key=lambda one: -one.alone)[:1]:
        if one.alone > profile.walltime - profile.warning and not loads[one.task.id].steps:
            raise PlanError(
                f"one task of `{plan.name}` is predicted to take {span(round(one.alone))}, and the profile allows "
                f"{span(profile.walltime)}. Raise `walltime` or `speed` in the profile, or lower what the study asks: "
                f"`hpcpinn plan` says what takes so long."
            )


_ANY = 2**63


def uncovered(store: Path, tasks: Sequence[Task]) -> list[Task]:
    """Tasks that no submission in the queue will do."""
    covered = {task for submission in in_queue(store) for task in submission.tasks}
    return [task for task in tasks if task.id not in covered]


def forgive(store: Path, tasks: Sequence[Task]) -> None:
    """Try failed tasks again, since somebody asks for it; deaths without a reason are forgotten too."""
    ids = {task.id for task in tasks}
    ledger.forget_failures(store, ids & ledger.failed(store))
    ledger.forget_ends(store, [end for end in ledger.ends(store) if end.task in ids and end.reason in FORGIVEN])
