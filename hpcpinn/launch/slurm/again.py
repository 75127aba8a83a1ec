"""What an element does about itself when it was stopped: it is requeued, or submitted again where the site cancels."""

from contextlib import suppress
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.launch.slurm.notice import LATE, PREEMPTED, WALLTIME
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.store import submissions
from hpcpinn.store.place import Job

_CLOSING = " The closing job submits what is left."


def come_back(store: Path, number: int, place: int, index: int, job: Job, reason: str, profile: Profile) -> str:
    """See to it that an element of a submission runs again, after everything is saved; what was done, in words.

    Out of time it is requeued. Preempted, Slurm requeues it itself, or it is submitted again where the site cancels.
    Cancelled by a person, or with its submission, it stays away. Where Slurm refuses, the closing job submits what is
    left.
    """
    if submissions.read(store, number).state != "open":
        return ""
    if reason in (WALLTIME, LATE):
        return requeue(job, _CLOSING)
    if reason == PREEMPTED and profile.preemption == "cancel" and client.facts(job.id).state != "CANCELLED":
        return _submit_again(store, number, place, index, job)
    return ""


def requeue(job: Job, otherwise: str = "") -> str:
    """Have an element that is out of time start again; what was done, in words, and what happens `otherwise`."""
    try:
        client.requeue(job.id)
    except ClusterError as error:
        return f"job {job.id} does not come back: {error}{otherwise}"
    return f"job {job.id} is requeued"


def _submit_again(store: Path, number: int, place: int, index: int, job: Job) -> str:
    try:
        again = client.submit(submissions.script(store, number, str(place)), f"--array={index}")
    except ClusterError as error:
        return f"job {job.id} does not come back: {error}{_CLOSING}"
    with suppress(OSError):
        submissions.note_job(store, number, again)
    return f"job {job.id} was preempted and is submitted again as {again}_{index}"
