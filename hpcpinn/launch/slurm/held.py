"""Jobs that Slurm holds after a failed launch: they are let go on.

A node that was lost and comes back may still have the process of a job that Slurm starts there again. The launch fails
("Job already running, do not launch second copy"), and the job is requeued and held until somebody releases it: without
that, the study would wait for it for ever. What a person holds stays held.
"""

from contextlib import suppress
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.store import submissions
from hpcpinn.store.submissions import Submission


def release(store: Path, submission: Submission) -> int:
    """Release what Slurm holds of a submission; how many elements. Where Slurm does not answer, none."""
    released = 0
    with suppress(ClusterError):
        for queued in client.queue(submissions.all_jobs(store, submission)):
            if queued.has_failed_to_launch:
                client.release(queued.id)
                released += queued.elements
    return released


def release_all(store: Path) -> int:
    """Release what Slurm holds of all submissions of a store that are open."""
    return sum(release(store, one) for one in submissions.read_all(store) if one.state == "open")
