"""What was submitted to a cluster: which tasks, in which arrays, as which jobs.

A submission is written before its first job is, and again with every job id: one that was killed half-way is known, and
its jobs do no more than tasks that its record names. Nothing here says what is done: only the ledger does.
"""

import json
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hpcpinn.errors import StoreError
from hpcpinn.store import disk, layout

State = Literal["open", "closed", "cancelled"]


@dataclass(frozen=True)
class Array:
    """A job array: elements that are alike, any of which does any of its tasks.

    Attributes:
        tasks: ids, those of a cell side by side.
        elements: how many there are.
        memory: bytes for each element on each of its nodes.
        seconds: the time limit of an element.
        gpus: devices of each element on each of its nodes.
        nodes: over which one task is spread.
        job: id of the array, "" until Slurm has taken it.
    """

    tasks: tuple[str, ...]
    elements: int
    memory: int
    seconds: int
    gpus: int = 0
    nodes: int = 1
    job: str = ""


@dataclass(frozen=True)
class Submission:
    """Everything that was submitted at once.

    Attributes:
        number: counts from 1 in every store.
        profile: the cluster profile, as JSON.
        arrays: the job arrays.
        closing: id of the job that closes the study after them; "" until Slurm has taken it.
        round: how many closing jobs have submitted again what their arrays had left.
        state: "open" until the closing job has come to its end.
        facts: when, where and by whom it was submitted.
        summary: what the closing job found.
    """

    number: int
    profile: dict[str, Any]
    arrays: tuple[Array, ...]
    closing: str = ""
    round: int = 0
    state: State = "open"
    facts: dict[str, Any] = field(default_factory=dict)
    summary: str = ""

    @property
    def tasks(self) -> frozenset[str]:
        """Ids of its tasks."""
        return frozenset(task for array in self.arrays for task in array.tasks)

    @property
    def jobs(self) -> tuple[str, ...]:
        """Ids of the jobs that Slurm has taken, the closing one last."""
        return tuple(job for job in (*(array.job for array in self.arrays), self.closing) if job)

    def with_job(self, place: int, job: str) -> "Submission":
        """The submission after Slurm has taken its array at this place."""
        arrays = (replace(array, job=job) if k == place else array for k, array in enumerate(self.arrays))
        return replace(self, arrays=tuple(arrays))


def here() -> dict[str, Any]:
    """When, where and by whom, for `Submission.facts`."""
    return {
        "submitted": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "user": os.environ.get("USER", ""),
    }


def next_number(store: Path) -> int:
    """The number of the submission that would be next."""
    return max(_numbers(store), default=0) + 1


def claim(store: Path, submission: Submission) -> bool:
    """Write a new submission; False if another one has taken its number in the meantime.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        layout.submissions(store).mkdir(exist_ok=True)
        layout.logs(store).mkdir(exist_ok=True)
        return disk.link_once(_path(store, submission.number), _token(), _text(submission))


def write(store: Path, submission: Submission) -> None:
    """Write a submission again, after something about it has changed.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        disk.replace(_path(store, submission.number), _token(), _text(submission))


def write_script(store: Path, number: int, name: str, text: str) -> Path:
    """Keep a script as it is submitted; `name` is the number of its array, or "closing"."""
    path = script(store, number, name)
    with disk.reported(store):
        disk.replace(path, _token(), text, durable=False)
    return path


def script(store: Path, number: int, name: str) -> Path:
    """Where a script of a submission is kept."""
    return layout.submissions(store) / f"{number}.{name}.sbatch"


def read(store: Path, number: int) -> Submission:
    """The submission of this number.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    path = _path(store, number)
    try:
        return _submission(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        known = ", ".join(map(str, sorted(_numbers(store)))) or "none"
        raise StoreError(
            f"{store} has no submission {number}; there are: {known}. `hpcpinn submit` makes one."
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"{path} cannot be read ({type(error).__name__}: {error}); allowed: what this version of hpcpinn has "
            f"submitted. Cancel its jobs with scancel, move the file away, and write `hpcpinn submit`."
        ) from error


def _submission(content: dict[str, Any]) -> Submission:
    arrays = tuple(Array(**{**array, "tasks": tuple(array["tasks"])}) for array in content.pop("arrays"))
    return Submission(**content, arrays=arrays)


def read_all(store: Path) -> list[Submission]:
    """All submissions, oldest first."""
    return [read(store, number) for number in sorted(_numbers(store))]


def note_job(store: Path, number: int, job: str) -> None:
    """Leave word that an element was submitted once more, as a job of its own."""
    with disk.reported(store):
        (layout.submissions(store) / f"{number}.more.{job}").touch()


def more_jobs(store: Path, number: int) -> list[str]:
    """Jobs of elements that were submitted once more."""
    folder = layout.submissions(store)
    return sorted(path.name.rpartition(".")[2] for path in folder.glob(f"{number}.more.*"))


def all_jobs(store: Path, submission: Submission) -> list[str]:
    """Jobs of a submission, and those of its elements that were submitted once more."""
    return [*submission.jobs, *more_jobs(store, submission.number)]


def _numbers(store: Path) -> Iterable[int]:
    return [int(path.stem) for path in layout.submissions(store).glob("[0-9]*.json") if path.stem.isdecimal()]


def _path(store: Path, number: int) -> Path:
    return layout.submissions(store) / f"{number}.json"


def _text(submission: Submission) -> str:
    # `asdict` copies every one of 100 000 ids.
    return json.dumps({**vars(submission), "arrays": [vars(array) for array in submission.arrays]})


def _token() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"
