"""What an element does about itself when it was stopped: it is requeued, or submitted again where the site cancels."""

from contextlib import suppress
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.launch.slurm.notice import PREEMPTED, WALLTIME
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.store import submissions
from hpcpinn.store.place import Job


def come_back(store: Path, number: int, place: int, index: int, job: Job, reason: str, profile: Profile) -> str:
    """See to it that this element runs again, after everything is saved; what was done, in words.

    Out of time it is requeued. Preempted, Slurm requeues it itself, or it is submitted again where the site cancels.
    Cancelled by a person, or with its submission, it stays away. Where Slurm refuses, the closing job submits
    what is left.
    """
    script = submissions.script(store, number, str(place))
    try:
        if submissions.read(store, number).state != "open":
            return ""
        if reason == WALLTIME:
            client.requeue(job.id)
            return f"job {job.id} is requeued"
        if reason == PREEMPTED and profile.preemption == "cancel" and not _cancelled(job):
            again = client.submit(script, f"--array={index}")
            with suppress(OSError):
                submissions.note_job(store, number, again)
            return f"job {job.id} was preempted and is submitted again as {again}_{index}"
    except ClusterError as error:
        return f"job {job.id} does not come back: {error} The closing job submits what is left."
    return ""


def _cancelled(job: Job) -> bool:
    """Whether a person has cancelled the job: on the way out of a preempted one, its state tells."""
    return client.facts(job.id).state == "CANCELLED"
