"""What was handed to a cluster, and what its queue shows of that."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.store import submissions
from hpcpinn.store.submissions import Submission


@dataclass(frozen=True)
class Submitted:
    """One submission: its jobs, and what the queue shows of them.

    Attributes:
        number: of the submission.
        state: "open", "closed" or "cancelled".
        jobs: ids.
        queue: elements by state, with the reason for which they wait.
        gpus: devices of an element, of the array that has most of them.
        summary: what the closing job has found.
    """

    number: int
    state: str
    jobs: tuple[str, ...]
    queue: dict[str, int]
    gpus: int
    summary: str


def handed(store: Path, found: Sequence[Submission]) -> tuple[tuple[Submitted, ...], str]:
    """What was submitted, with the queue if any of it is open, and why the queue could not be asked."""
    error, queued = "", []
    open_jobs = [job for one in found if one.state == "open" for job in submissions.all_jobs(store, one)]
    if open_jobs:
        try:
            queued = [one for one in client.queue(open_jobs) if not one.is_over]
        except ClusterError as refused:
            error = str(refused)
    return tuple(_submitted(store, one, queued) for one in found), error


def _submitted(store: Path, one: Submission, queued: list[client.Queued]) -> Submitted:
    jobs = submissions.all_jobs(store, one)
    shown = Counter[str]()
    for element in queued:
        if element.job in jobs:
            why = f" ({element.reason})" if element.state == "PENDING" else ""
            shown[f"{element.state.lower()}{why}"] += element.elements
    gpus = max((array.gpus * array.nodes for array in one.arrays), default=0)
    return Submitted(one.number, one.state, tuple(jobs), dict(shown), gpus, one.summary)
