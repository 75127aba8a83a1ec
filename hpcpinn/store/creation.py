"""Making a store: all of it or nothing, once, whoever comes first."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from hpcpinn.plan.plan import Plan
from hpcpinn.store import arrays, disk, extension, extents, layout, roll
from hpcpinn.store.disk import is_free
from hpcpinn.store.labels import label_values
from hpcpinn.store.store import Store, open_store

__all__ = ["create", "is_free"]


def create(path: Path | str, plan: Plan, provenance: Mapping[str, Any], coordinates: Mapping[str, np.ndarray]) -> Store:
    """Make the store of a plan, or extend the one that is there.

    Everything is built in a hidden folder beside `path` and renamed; of several processes that do so at once the first
    to rename wins, and the others go on with its store, see `extension.settle`.

    Args:
        path: folder of the store; folders above it are made.
        plan: what the store has to hold.
        provenance: attributes of the store, see `store.provenance`.
        coordinates: the problem's coordinates of every row, see `labels.label_values`.

    Raises:
        StoreError: `path` holds a study that this one does not extend, or something that is no store, or the disk
            refuses.
    """
    path = Path(path)
    with disk.reported(path):
        if not is_free(path):
            return extension.settle(open_store(path), plan, coordinates)
        with _parents(path):
            _make(path, plan, provenance, coordinates)
    return extension.settle(open_store(path), plan, coordinates)


@contextmanager
def _parents(path: Path) -> Iterator[None]:
    """Make the folders above `path`, and unmake them if what follows fails."""
    missing = [folder for folder in path.absolute().parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for folder in missing:
                folder.rmdir()
        raise


def _make(path: Path, plan: Plan, provenance: Mapping[str, Any], coordinates: Mapping[str, np.ndarray]) -> None:
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        _build(aside, plan, provenance, coordinates)
        disk.flush_tree(aside)
        _rename(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    disk.flush(path.parent)


def _build(folder: Path, plan: Plan, provenance: Mapping[str, Any], coordinates: Mapping[str, np.ndarray]) -> None:
    values = label_values(plan, coordinates)
    labels = " ".join(variable.name for variable in plan.coordinates if variable.name != "task")
    record = extension.record_of(plan, 0)
    own = {"format": layout.FORMAT, "layout": record.cut, "identity": plan.identity, "coordinates": labels}
    group = arrays.create_group(folder, {"study_name": plan.name, **provenance, **own})
    for variable in plan.variables:
        arrays.create_array(group, variable)
    for variable in plan.coordinates:
        arrays.create_filled(group, variable, values[variable.name])
    arrays.create_group(layout.ledger(folder), {})
    roll.write(folder, roll.projected(plan))
    extents.write(folder, record)


def _rename(aside: Path, path: Path) -> None:
    try:
        os.rename(aside, path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
