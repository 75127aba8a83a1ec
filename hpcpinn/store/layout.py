"""Where things are in a store.

    <store>/zarr.json                                the group: its attributes are the provenance
    <store>/<array>/zarr.json, <store>/<array>/c.…   one array per quantity; chunks lie flat in its folder
    <store>/ledger/zarr.json                         a group without arrays, so that listings of the store stay clean
    <store>/ledger/tasks.json                        all tasks, their projected operations and memory
    <store>/ledger/extent.<n>.json                   what the store holds since it was extended n times; the last counts
    <store>/ledger/<task>.done.json                  the task is published: this file alone says so
    <store>/ledger/<task>.failed.json                the last attempt failed, and why
    <store>/ledger/<task>.<attempt>.running.json     an attempt is under way; touched while it lives

Chunks lie flat because nested folders would triple the inodes of a study with many small tasks, and because every new
folder would have to be flushed before a task is published.
"""

from collections.abc import Sequence
from pathlib import Path

FORMAT = "hpcpinn-store-1"
METADATA = "zarr.json"
LEDGER = "ledger"
TASKS = "tasks.json"
DONE = ".done.json"
FAILED = ".failed.json"
RUNNING = ".running.json"
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


def chunk(array: str, position: Sequence[int]) -> str:
    """Path of a chunk within the store.

    >>> chunk("trace", (2, 0, 1))
    'trace/c.2.0.1'
    """
    return f"{array}/" + SEPARATOR.join(("c", *map(str, position)))
