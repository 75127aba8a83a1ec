"""Making a store: all of it or nothing, once, whoever comes first."""

import dataclasses
import errno
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from hpcpinn.errors import StoreError
from hpcpinn.plan.plan import Plan
from hpcpinn.store import arrays, disk, layout, roll
from hpcpinn.store.labels import label_values
from hpcpinn.store.store import Store, open_store


def create(path: Path | str, plan: Plan, provenance: Mapping[str, Any], coordinates: Mapping[str, np.ndarray]) -> Store:
    """Make the store of a plan, or open the one that is there.

    Everything is built in a hidden folder beside `path` and renamed; of several processes that do so at once the first
    to rename wins, and the others open its store.

    Args:
        path: folder of the store; folders above it are made.
        plan: what the store has to hold.
        provenance: attributes of the store, see `store.provenance`.
        coordinates: the problem's coordinates of every row, see `labels.label_values`.

    Raises:
        StoreError: `path` holds another study or something that is no store, or the disk refuses.
    """
    path = Path(path)
    with disk.reported(path):
        if not is_free(path):
            return own(open_store(path), plan)
        with _parents(path):
            _make(path, plan, provenance, coordinates)
    return own(open_store(path), plan)


def is_free(path: Path) -> bool:
    """Whether a folder can be renamed to `path`: nothing is there, or an empty folder.

    Raises:
        StoreError: this cannot be seen from here.
    """
    with disk.reported(path):
        return not any(path.iterdir()) if path.is_dir() else not os.path.lexists(path)


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
    own = {"format": layout.FORMAT, "layout": layout_hash(plan), "identity": plan.identity, "coordinates": labels}
    group = arrays.create_group(folder, {"study_name": plan.name, **provenance, **own})
    for variable in plan.variables:
        arrays.create_array(group, variable)
    for variable in plan.coordinates:
        arrays.create_filled(group, variable, values[variable.name])
    arrays.create_group(layout.ledger(folder), {})
    projected = (roll.Projection(cost.flops, cost.peak_bytes) for cost in plan.costs)
    roll.write(folder, dict(zip(plan.tasks, projected, strict=True)))


def _rename(aside: Path, path: Path) -> None:
    try:
        os.rename(aside, path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def layout_hash(plan: Plan) -> str:
    """sha256 of arrays and tasks: two versions of hpcpinn may cut the same study differently."""
    arranged = [dataclasses.replace(variable, attrs={}) for variable in (*plan.variables, *plan.coordinates)]
    content = {"variables": [vars(variable) for variable in arranged], "tasks": [vars(task) for task in plan.tasks]}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def own(store: Store, plan: Plan) -> Store:
    """The store, if it is that of this plan.

    Raises:
        StoreError: it belongs to another study, or another version cut the same study differently.
    """
    if store.identity != plan.identity:
        raise StoreError(
            f"{store.path} belongs to the study `{store.study_name}` with the hash {store.identity}, and this study, "
            f"`{plan.name}`, has the hash {plan.identity}. Give another folder with --store, or move the old one away."
        )
    if store.attributes["layout"] != layout_hash(plan):
        raise StoreError(
            f"{store.path} was made by hpcpinn {store.attributes.get('hpcpinn_version', '')}, which cuts this study in "
            f"another way. Run that version, or give another folder with --store."
        )
    return store
