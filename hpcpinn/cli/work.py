"""`hpcpinn work`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpcpinn import errors
from hpcpinn.cli.arguments import StoreOption

if TYPE_CHECKING:
    from hpcpinn.launch.slurm.notice import Notice
    from hpcpinn.store.place import Job

Subject = Annotated[Path, typer.Argument(metavar="STORE|STUDY", help="A store, or a study file by hand.")]
Number = Annotated[int | None, typer.Option("--submission", metavar="N", help="Number of the submission.")]
Place = Annotated[int, typer.Option("--array", metavar="K", help="Which of its arrays.")]
Ends = Annotated[float | None, typer.Option("--ends", metavar="SECONDS", help="End of the job, since the epoch.")]
Meeting = Annotated[
    str | None, typer.Option("--coordinator", metavar="HOST:PORT", help="Where the processes of one task meet.")
]
# Of elements that were submitted by hand: as slurm/array.sbatch asks for.
_WARNING = 120


def work(
    subject: Subject,
    store: StoreOption = None,
    number: Number = None,
    array: Place = 0,
    ends: Ends = None,
    coordinator: Meeting = None,
) -> None:
    """Do tasks as an element of a job array until nothing is left: what the scripts for Slurm run."""
    job = _job()
    notice = _listening(subject, number, _end(job, ends))
    # Imports take seconds, and a signal may come meanwhile: only now.
    from hpcpinn.launch.slurm import worker

    if number is None:
        leaving = worker.run_by_hand(subject, store, job, notice)
    else:
        leaving = worker.run_element(worker.Element(subject.absolute(), number, array, job, coordinator), notice)
    print(f"{leaving.done} tasks done, {leaving.failed} failed")
    if leaving.reason:
        raise typer.Exit(75)


def _job() -> "Job":
    from hpcpinn.store import place

    job = place.job()
    if job is None:
        raise errors.ClusterError(
            "`hpcpinn work` outside of a job of Slurm; allowed: in a script such as slurm/array.sbatch, or one that "
            "`hpcpinn submit` has made. `hpcpinn run STUDY` runs a study here."
        )
    return job


def _end(job: "Job", ends: float | None) -> float:
    """When the job is ended, as the script or Slurm says; far away where nobody does."""
    from hpcpinn.launch.slurm import client

    return ends or client.facts(job.id).ends or time.time() + 10 * 365 * 86400


def _listening(store: Path, number: int | None, ends: float) -> "Notice":
    from hpcpinn.launch.slurm.notice import Notice
    from hpcpinn.launch.slurm.profile import Profile
    from hpcpinn.store import submissions

    if number is None:
        notice = Notice(ends, _WARNING, can_preempt=True)
    else:
        profile = Profile.model_validate(submissions.read(store, number).profile)
        notice = Notice(ends, profile.warning, profile.preemption != "none")
    notice.listen()
    return notice
