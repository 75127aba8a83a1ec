"""Where things are in a store.

    <store>/zarr.json                                the group: its attributes are the provenance
    <store>/<array>/zarr.json, <store>/<array>/c.…   one array per quantity; chunks lie flat in its folder
    <store>/ledger/zarr.json                         a group without arrays, so that listings of the store stay clean
    <store>/ledger/tasks.json                        all tasks, their projected operations and memory
    <store>/ledger/extent.<n>.json                   what the store holds since it was extended n times; the last counts
    <store>/ledger/<task>.done.json                  the task is published: this file alone says so
    <store>/ledger/<task>.failed.json                the last attempt failed, and why
    <store>/ledger/<task>.<attempt>.running.json     an attempt is under way; touched while it lives
    <store>/ledger/<task>.<attempt>.<why>.ended.json an attempt ended without a result; <why>+saved with a checkpoint
    <store>/ledger/<host>.<pid>.<birth>.measured     what tasks have taken that one process has published, a line each
    <store>/ledger/submissions/<n>.json              what was submitted to a cluster: tasks, classes, jobs
    <store>/ledger/submissions/<n>.<k>.sbatch        its scripts, as they were submitted
    <store>/ledger/logs/<job>.log                    what the jobs printed
    <store>/ledger/<task>.checkpoint                 how far the last attempt had come, until the task is done

Chunks lie flat because nested folders would triple the inodes of a study with many small tasks, and because every new
folder would have to be flushed before a task is published.
"""

from collections.abc import Sequence
from pathlib import Path

RESULTS = Path("results")  # where stores are unless said otherwise
FORMAT = "hpcpinn-store-1"
METADATA = "zarr.json"
LEDGER = "ledger"
TASKS = "tasks.json"
DONE = ".done.json"
FAILED = ".failed.json"
RUNNING = ".running.json"
ENDED = ".ended.json"
SAVED = "+saved"
MEASURED = ".measured"
CHECKPOINT = ".checkpoint"
SEPARATOR = "."


def metadata(store: Path) -> Path:
    """The file that makes a folder a store."""
    return store / METADATA


def ledger(store: Path) -> Path:
    """The folder of records."""
    return store / LEDGER


def tasks(store: Path) -> Path:
    """The list of all tasks."""
    return ledger(store) / TASKS


def extent(store: Path, number: int) -> Path:
    """The record of what the store holds, as it was made or after so many extensions."""
    return ledger(store) / f"extent.{number}.json"


def done(store: Path, task: str) -> Path:
    """The record of a published task."""
    return ledger(store) / f"{task}{DONE}"


def failed(store: Path, task: str) -> Path:
    """The record of a task's last failure."""
    return ledger(store) / f"{task}{FAILED}"


def running(store: Path, task: str, attempt: str) -> Path:
    """The marker of an attempt that is under way."""
    return ledger(store) / f"{task}.{attempt}{RUNNING}"


def ended(store: Path, task: str, attempt: str, reason: str, saved: bool) -> Path:
    """The record of an attempt that ended without a result."""
    return ledger(store) / f"{task}.{attempt}.{reason}{SAVED if saved else ''}{ENDED}"


def measured(store: Path, host: str, pid: int, birth: str) -> Path:
    """What tasks have taken that one process has published."""
    return ledger(store) / f"{host}.{pid}.{birth}{MEASURED}"


def submissions(store: Path) -> Path:
    """The folder of what was submitted to a cluster."""
    return ledger(store) / "submissions"


def logs(store: Path) -> Path:
    """The folder of what jobs printed."""
    return ledger(store) / "logs"


def checkpoint(store: Path, task: str) -> Path:
    """How far a task that is not done has come."""
    return ledger(store) / f"{task}{CHECKPOINT}"


def chunk(array: str, position: Sequence[int]) -> str:
    """Path of a chunk within the store.

    >>> chunk("trace", (2, 0, 1))
    'trace/c.2.0.1'
    """
    return f"{array}/" + SEPARATOR.join(("c", *map(str, position)))
