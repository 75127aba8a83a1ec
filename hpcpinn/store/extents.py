"""What a store holds, extension by extension: records in the ledger, each written once, the newest of which counts.

The first is written with the store. Whoever extends it links the next number into place: of several at once the first
wins, and the others look at its record and add to that. Neither zarr nor numpy is needed here.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpcpinn.store import disk, layout
from hpcpinn.study import extent as extents
from hpcpinn.study.extent import Extent


@dataclass(frozen=True)
class Record:
    """What the store holds since it was made, or since it was extended for the `number`th time.

    Attributes:
        number: 0 for the store as it was made.
        study_name: name of the study that asked for it.
        study: text of that study.
        identity: sha256 of that study.
        folder: where that study lay, absolute: a problem's file is found from there.
        written: time in UTC, ISO 8601.
        asked: keys that have to stay what they are, see `study.extension.asked`.
        problem: what the problem is made of, see `study.source.ProblemSource.content`.
        fixed: what every array has to have in common with those of an extension, in words and values.
        cut: hash of how arrays are cut into chunks.
        extent: positions of all values, of this study and of those before it.
    """

    number: int
    study_name: str
    study: str
    identity: str
    folder: str
    written: str
    asked: Mapping[str, Any]
    problem: Mapping[str, Any]
    fixed: Mapping[str, Any]
    cut: str
    extent: Extent


def newest(store: Path) -> Record | None:
    """The newest record; None in a store that was made before there were any.

    Raises:
        StoreError: the disk refuses.
    """
    found, number = None, 0
    with disk.reported(store):
        while (record := _read(store, number)) is not None:
            found, number = record, number + 1
    return found


def write(store: Path, record: Record) -> None:
    """Write a record into a store that is being made."""
    layout.extent(store, record.number).write_text(_text(record), encoding="utf-8")


def append(store: Path, record: Record) -> bool:
    """Add the next record; False if somebody else has just added one of this number.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        return disk.link_once(layout.extent(store, record.number), uuid.uuid4().hex, _text(record))


def _text(record: Record) -> str:
    return json.dumps(vars(record) | {"extent": extents.to_data(record.extent)}, indent=1)


def _read(store: Path, number: int) -> Record | None:
    try:
        content = json.loads(layout.extent(store, number).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Record(**content | {"extent": extents.from_data(content["extent"])})
