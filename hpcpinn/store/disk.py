"""Writing so that a crash leaves the old or the new file, and telling the user when the disk says no."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from hpcpinn.errors import StoreError

_FREE = "Free space, or put the store on another disk with --store."
_PERMIT = "Give yourself the right to write there, or put the store elsewhere with --store."
_RENAME = "Give another path with --store."
_AGAIN = "Check the disk and run again: what is published is safe."

NEXT_STEP = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: _FREE,
    errno.EROFS: _PERMIT,
    errno.EACCES: _PERMIT,
    errno.EPERM: _PERMIT,
    errno.ENOTDIR: _RENAME,
    errno.EEXIST: _RENAME,
    errno.ENAMETOOLONG: _RENAME,
    errno.EIO: _AGAIN,
    errno.ESTALE: _AGAIN,
}


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a `StoreError` that names the path and the next step."""
    try:
        yield
    except OSError as error:
        if error.errno not in NEXT_STEP:
            raise
        where = "" if error.filename in (None, str(path)) else f" at {error.filename}"
        raise StoreError(
            f"{path} cannot be used{where}: {os.strerror(error.errno)}. {NEXT_STEP[error.errno]}"
        ) from error


def is_free(path: Path) -> bool:
    """Whether a folder can be renamed to `path`: nothing is there, or an empty folder.

    Raises:
        StoreError: this cannot be seen from here.
    """
    with reported(path):
        return not any(path.iterdir()) if path.is_dir() else not os.path.lexists(path)


def flush(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """`flush` a folder and everything in it, leaves first."""
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            flush(Path(parent, name))
        flush(Path(parent))


def flush_files(folder: Path, names: Iterable[str]) -> None:
    """`flush` files, by path relative to `folder`, and then the folders that they lie in."""
    parents = set()
    for name in names:
        flush(folder / name)
        parents.add((folder / name).parent)
    for parent in parents:
        flush(parent)


def write_aside(path: Path, token: str, text: str, durable: bool = True) -> Path:
    """`fill_aside` with a text."""
    return fill_aside(path, token, lambda file: file.write(text.encode()), durable)


def fill_aside(path: Path, token: str, fill: Callable[[BufferedIOBase], object], durable: bool = True) -> Path:
    """Write, and flush if `durable`, a hidden file beside `path`, to be linked or renamed; `token` keeps it apart."""
    aside = path.with_name(f".{path.name}.{token}.partial")
    try:
        with aside.open("wb") as file:
            fill(file)
        if durable:
            flush(aside)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def replace(path: Path, token: str, text: str, durable: bool = True) -> None:
    """Give `path` a new content; a reader finds the old one or the new one, and so does a reboot if `durable`."""
    _rename(write_aside(path, token, text, durable), path, durable)


def refill(path: Path, token: str, fill: Callable[[BufferedIOBase], object]) -> None:
    """`replace` with a content that is written piece by piece."""
    _rename(fill_aside(path, token, fill), path, durable=True)


def _rename(aside: Path, path: Path, durable: bool) -> None:
    os.replace(aside, path)
    if durable:
        flush(path.parent)


def link_once(path: Path, token: str, text: str) -> bool:
    """Give `path` its content unless it exists; whether it was this call that did it.

    Where the file system has no hard links the file is renamed into place, and of two writers within the same
    microseconds the later one may win; there is still one file.
    """
    aside = write_aside(path, token, text)
    try:
        first = _linked(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    flush(path.parent)
    return first


def _linked(aside: Path, path: Path) -> bool:
    try:
        os.link(aside, path)
    except FileExistsError:
        # A network file system that repeats a lost request answers "exists" to a link it has just made.
        return path.samefile(aside)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        return _renamed(aside, path)
    return True


def _renamed(aside: Path, path: Path) -> bool:
    if path.exists():
        return False
    os.rename(aside, path)
    return True
