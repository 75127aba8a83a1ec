"""What an element does about itself when it was stopped: it is requeued, or submitted again where the site cancels."""

from contextlib import suppress
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.store import submissions
from hpcpinn.store.place import Job


def requeue(job: Job) -> str:
    """Have an element that is out of time, and has saved everything, start again; what was done, in words."""
    # Before the order, since Slurm ends the job at once.
    print(f"job {job.id} is out of time and asks to be requeued", flush=True)
    try:
        client.requeue(job.id)
    except ClusterError as error:
        return f"job {job.id} does not come back: {error}"
    return f"job {job.id} is requeued"


def submit_again(store: Path, number: int, place: int, index: int, job: Job) -> str:
    """Submit an element again that was preempted where the site cancels; what was done, in words.

    One that a person has cancelled stays away. Where Slurm refuses, the closing job submits what is left.
    """
    if client.facts(job.id).state == "CANCELLED":
        return f"job {job.id} was cancelled and does not come back"
    try:
        again = client.submit(submissions.script(store, number, str(place)), f"--array={index}")
    except ClusterError as error:
        return f"job {job.id} does not come back: {error} The closing job submits what is left."
    with suppress(OSError):
        submissions.note_job(store, number, again)
    return f"job {job.id} was preempted and is submitted again as {again}_{index}"
