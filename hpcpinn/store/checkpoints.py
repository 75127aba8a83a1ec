"""Checkpoints on disk: one file per unfinished task, the old one or the new one, and trusted only if it is whole.

    a line of JSON          format, task, versions of the packages, names of the arrays, and facts of the task
    the arrays              one after the other as NumPy writes them (.npy), without pickles
    32 bytes                sha256 of everything before

A file is written aside, flushed and renamed. One that is torn, of another task, of another format or made by other
versions is as good as none: the task starts over.
"""

import functools
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np

from hpcpinn.store import disk, layout
from hpcpinn.store.provenance import PACKAGES, version

FORMAT = "hpcpinn-checkpoint-1"
_DIGEST = hashlib.sha256().digest_size
_BLOCK = 2**20


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds: facts as JSON knows them, and arrays by their names."""

    facts: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


class _Hashing:
    """A file that is written, and the sha256 of what was written."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        self.sha256.update(data)
        return self._file.write(data)


def save(store: Path, task: str, token: str, saved: Saved, files: Iterable[str] = ()) -> None:
    """Replace the checkpoint of a task.

    Args:
        store: folder of the store.
        task: id of the task.
        token: keeps this writer apart from others.
        saved: what to keep; arrays are written one by one, without a copy.
        files: chunk files that it counts on, relative to the store: they are on the disk before it is.

    Raises:
        StoreError: the disk refuses; the old checkpoint is still there.
    """
    with disk.reported(store):
        disk.flush_files(store, files)
        disk.refill(layout.checkpoint(store, task), token, lambda file: write(file, task, saved))


def load(store: Path, task: str) -> Saved | None:
    """The checkpoint of a task; None if there is none, or none that can be trusted.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store), suppress(FileNotFoundError), layout.checkpoint(store, task).open("rb") as file:
        return read(file, task)
    return None


def remove(store: Path, task: str) -> None:
    """Forget how far a task has come.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        layout.checkpoint(store, task).unlink(missing_ok=True)


def write(file: BufferedIOBase, task: str, saved: Saved) -> None:
    """Write a checkpoint of a task into a file."""
    header = {"format": FORMAT, "task": task, "versions": versions(), "names": list(saved.arrays)}
    hashing = _Hashing(file)
    hashing.write(json.dumps({**header, "facts": saved.facts}).encode() + b"\n")
    for array in saved.arrays.values():
        _write_array(hashing, np.asarray(array, order="C"))
    file.write(hashing.sha256.digest())


def _write_array(file: _Hashing, array: np.ndarray) -> None:
    """The bytes of `np.save`, which copies 16 MiB at a time on their way to what is no plain file."""
    if array.dtype.hasobject:
        raise ValueError(f"an array of {array.dtype} would be a pickle; allowed: numbers")
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))  # pyright: ignore[reportArgumentType]
    file.write(array.reshape(-1).view(np.uint8).data)


def read(file: BufferedIOBase, task: str) -> Saved | None:
    """Read a checkpoint; None if it is not whole, or not of this task, this format and these versions."""
    if not _is_whole(file):
        return None
    header = json.loads(file.readline())
    if (header.get("format"), header.get("task"), header.get("versions")) != (FORMAT, task, versions()):
        return None
    arrays = {name: np.lib.format.read_array(file, allow_pickle=False) for name in header["names"]}
    return Saved(header["facts"], arrays)


@functools.cache
def versions() -> dict[str, str]:
    """The packages that decide bits: a task goes on with those that it began with."""
    return {package: version(package) for package in PACKAGES}


def _is_whole(file: BufferedIOBase) -> bool:
    """Whether a file ends in the sha256 of its other bytes; it is at its beginning afterwards."""
    left = file.seek(0, os.SEEK_END) - _DIGEST
    file.seek(0)
    sha256 = hashlib.sha256()
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        sha256.update(block)
        left -= len(block)
    whole = left == 0 and file.read() == sha256.digest()
    file.seek(0)
    return whole
