"""The ledger: the one place that says what is done.

Data first, then a record with the checksums of what was written, linked into place: a task is published exactly when
its record exists. Reading the state of a store is one listing of one folder. Neither zarr nor numpy is needed here.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hpcpinn.errors import StoreError
from hpcpinn.store import attempts, disk, layout, measurements, roll
from hpcpinn.store.attempts import Attempt, attempt
from hpcpinn.store.ends import End, among
from hpcpinn.store.measurements import Measurement

__all__ = [
    "Failure",
    "Status",
    "attempt",
    "done",
    "ends",
    "fail",
    "failed",
    "failures",
    "measured",
    "publish",
    "read",
    "running",
    "status",
]


# Records that are read one by one where a process has died before it could leave a line: 0.1 s.
_RECORDS = 3000


@dataclass(frozen=True)
class Failure:
    """Why the last attempt at a task failed."""

    task: str
    reason: str
    traceback: str
    host: str
    finished: str


@dataclass(frozen=True)
class Status:
    """Ids of tasks by state; every task has exactly one."""

    done: frozenset[str]
    running: frozenset[str]
    failed: frozenset[str]
    waiting: frozenset[str]


def publish(
    store: Path, mine: Attempt, files: Iterable[str], measured: Iterable[str] = (), peak_bytes: int = 0
) -> bool:
    """Make a task done: its files are on the disk, and its record says what they are.

    Args:
        store: folder of the store.
        mine: the attempt that wrote the files.
        files: chunk files, relative to the store; their sha256 goes into the record.
        measured: chunk files of measured cost: a second attempt may overwrite them with other values, so the record
            names them without a checksum.
        peak_bytes: peak memory of the attempt, so that what was projected can be compared with it from the ledger
            alone; 0 if it was not measured.

    Returns:
        Whether this attempt is the one published. False means that another one was, and its result stands.

    Raises:
        StoreError: the disk refuses; the task is then not done.
    """
    with disk.reported(store):
        files, measured = sorted(files), sorted(measured)
        disk.flush_files(store, [*files, *measured])
        record = {**mine.facts, "peak_bytes": peak_bytes, "files": checksums(store, files), "measured": measured}
        first = disk.link_once(layout.done(store, mine.task), mine.id, json.dumps(record, indent=1))
        if first:
            measurements.note(store, mine, record["finished"], record["seconds"], peak_bytes)
        else:
            _agree(store, mine, record)
        layout.failed(store, mine.task).unlink(missing_ok=True)
        layout.checkpoint(store, mine.task).unlink(missing_ok=True)
    return first


def checksums(store: Path, files: Iterable[str]) -> dict[str, str]:
    """sha256 of the bytes of each file, by path relative to the store."""
    return {name: hashlib.sha256((store / name).read_bytes()).hexdigest() for name in files}


def _agree(store: Path, mine: Attempt, record: dict[str, Any]) -> None:
    """Two attempts met, and on other hardware the last bits differ: the record has to say what lies on the disk now."""
    on_disk = checksums(store, record["files"])
    if read(store, mine.task)["files"] != on_disk:
        disk.replace(layout.done(store, mine.task), mine.id, json.dumps({**record, "files": on_disk}, indent=1))


def fail(store: Path, mine: Attempt, reason: str, traceback: str = "") -> bool:
    """Record that an attempt failed, unless the task is done; whether it now counts as failed.

    Raises:
        StoreError: the disk refuses.
    """
    record = {**mine.facts, "reason": reason, "traceback": traceback}
    here = layout.failed(store, mine.task)
    with disk.reported(store):
        disk.replace(here, mine.id, json.dumps(record, indent=1))
        # Looked at after writing: a task that is published between the two never keeps a record of failure.
        published = is_done(store, mine.task)
        if published:
            here.unlink(missing_ok=True)
    return not published


def is_done(store: Path, task: str) -> bool:
    """Whether one task is published."""
    return layout.done(store, task).exists()


def measured(store: Path) -> dict[str, Measurement]:
    """What finished tasks have taken, by task.

    Read from lines; of tasks that have none, a few thousand records are read one by one.
    """
    names = _names(store)
    finished = _ids(names, layout.DONE)
    found = measurements.read(store, names, finished)
    for task in sorted(finished - found.keys())[:_RECORDS]:
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            record = read(store, task)
            stamp = datetime.fromisoformat(record["finished"]).timestamp()
            found[task] = Measurement(task, stamp, record["seconds"], record.get("peak_bytes", 0))
    return found


def is_over(store: Path, task: str) -> bool:
    """Whether one task is published or its last attempt has failed."""
    return is_done(store, task) or layout.failed(store, task).exists()


def read(store: Path, task: str) -> dict[str, Any]:
    """The record of a published task; raises `FileNotFoundError` when it is not."""
    return json.loads(layout.done(store, task).read_text(encoding="utf-8"))


def done(store: Path) -> set[str]:
    """Ids of published tasks, from one listing."""
    return _ids(_names(store), layout.DONE)


def failed(store: Path) -> set[str]:
    """Ids of tasks whose last attempt failed and that are not done, from one listing."""
    names = _names(store)
    return _ids(names, layout.FAILED) - _ids(names, layout.DONE)


def failures(store: Path) -> list[Failure]:
    """Why tasks failed, sorted by id."""
    found = []
    for task in sorted(failed(store)):
        # It may just have succeeded, and what somebody else has put there is none.
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            record = json.loads(layout.failed(store, task).read_text(encoding="utf-8"))
            found.append(Failure(task, *(record[key] for key in ("reason", "traceback", "host", "finished"))))
    return found


def is_running(store: Path, task: str) -> bool:
    """Whether a living process is at work on one task, looked at now."""
    return any(map(attempts.is_alive, layout.ledger(store).glob(f"{task}.*{layout.RUNNING}")))


def forget_failures(store: Path, tasks: Iterable[str]) -> None:
    """Let failed tasks count as never tried, for somebody who wants them tried again.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        for task in tasks:
            layout.failed(store, task).unlink(missing_ok=True)


def ends(store: Path) -> list[End]:
    """How attempts ended that neither published nor failed, sorted by task."""
    return among(_names(store))


def forget_ends(store: Path, which: Iterable[End]) -> None:
    """Let attempts that ended count as never made.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        for end in which:
            layout.ended(store, end.task, end.attempt, end.reason, end.saved).unlink(missing_ok=True)


def running(store: Path) -> set[str]:
    """Ids of tasks that a living process is at work on and that are not done."""
    names = _names(store)
    return _running(store, names) - _ids(names, layout.DONE)


def status(store: Path, tasks: Iterable[str] | None = None) -> Status:
    """The state of tasks, of all that the store has by default: done, else running, else failed, else waiting."""
    known = frozenset((task.id for task in roll.read(store)) if tasks is None else tasks)
    names = _names(store)
    finished = known & _ids(names, layout.DONE)
    at_work = (known & _running(store, names)) - finished
    broken = (known & _ids(names, layout.FAILED)) - finished - at_work
    return Status(finished, at_work, broken, known - finished - at_work - broken)


def _running(store: Path, names: Iterable[str]) -> set[str]:
    markers = [name for name in names if name.endswith(layout.RUNNING)]
    return {name.partition(".")[0] for name in markers if attempts.is_alive(layout.ledger(store) / name)}


def _ids(names: Iterable[str], ending: str) -> set[str]:
    return {name.removesuffix(ending) for name in names if name.endswith(ending) and not name.startswith(".")}


def _names(store: Path) -> list[str]:
    with disk.reported(store):
        try:
            return os.listdir(layout.ledger(store))
        except FileNotFoundError as error:
            raise StoreError(
                f"{store} is not a store: it has no {layout.LEDGER}. Give a store as made by `hpcpinn run`."
            ) from error
