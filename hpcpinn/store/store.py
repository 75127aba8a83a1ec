"""A store that exists: its attributes at once, its arrays when they are asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcpinn.errors import StoreError
from hpcpinn.store import disk, extents, layout
from hpcpinn.store.extents import Record

if TYPE_CHECKING:
    import zarr

_GIVE = "Give a store as made by `hpcpinn run`, or to `hpcpinn run` a new folder with --store."


@dataclass(frozen=True)
class Store:
    """A store.

    Attributes:
        path: its folder.
        attributes: provenance, as written when it was created.
        newest: what it holds since it was extended last, or made; None in a store from before this was noted.
    """

    path: Path
    attributes: Mapping[str, Any]
    newest: Record | None = field(default=None, repr=False)
    _open: "dict[str, zarr.Array]" = field(default_factory=dict, repr=False, compare=False)

    @property
    def identity(self) -> str:
        """sha256 of the newest study that it belongs to."""
        return self.newest.identity if self.newest else self.attributes["identity"]

    @property
    def study_name(self) -> str:
        """Name of the newest study that it belongs to."""
        return self.newest.study_name if self.newest else self.attributes["study_name"]

    @property
    def study_text(self) -> str:
        """Text of the newest study that it belongs to."""
        return self.newest.study if self.newest else self.attributes["study"]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all arrays."""
        folders = (found.parent.name for found in self.path.glob(f"*/{layout.METADATA}"))
        return tuple(sorted(name for name in folders if name != layout.LEDGER))

    def array(self, name: str) -> "zarr.Array":
        """The array of this name, for reading and writing.

        Raises:
            StoreError: there is no such array.
        """
        # Status and the attributes answer without zarr, whose import takes longer than everything they do.
        from hpcpinn.store import arrays

        if name not in self._open:
            self._open[name] = arrays.open_array(self.path, name)
        return self._open[name]


def open_store(path: Path | str) -> Store:
    """Open a store; only its attributes and what it holds are read.

    Raises:
        StoreError: there is nothing at `path`, or it is not a store that this version can read.
    """
    path = Path(path)
    with disk.reported(path):
        return Store(path, _attributes(path), extents.newest(path))


def _attributes(path: Path) -> dict[str, Any]:
    try:
        attributes = json.loads(layout.metadata(path).read_text(encoding="utf-8")).get("attributes", {})
    except FileNotFoundError as error:
        raise StoreError(_missing(path)) from error
    except (ValueError, AttributeError) as error:
        raise StoreError(f"{path} is not a store: {layout.METADATA} cannot be read ({error}). {_GIVE}") from error
    _check_format(path, attributes.get("format"))
    return attributes


def _check_format(path: Path, given: object) -> None:
    if given is None:
        raise StoreError(f"{path} is a zarr group and not the store of a study. {_GIVE}")
    if given != layout.FORMAT:
        raise StoreError(
            f"{path} has the format {given!r}, and this hpcpinn reads {layout.FORMAT!r}. Install the version "
            f"that made it, or run the study again with --store and another folder."
        )


def _missing(path: Path) -> str:
    if path.exists():
        return f"{path} is not a store: it has no {layout.METADATA}. {_GIVE}"
    near = sorted(str(found.parent) for found in path.parent.glob(f"*/{layout.METADATA}"))[:8]
    there = f" Stores beside it: {', '.join(near)}." if near else ""
    return f"there is no store at {path}.{there} `hpcpinn run STUDY --store {path}` makes one."
