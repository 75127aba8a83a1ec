"""The arrays of a store on disk: zarr v3, plain chunks, every chunk with a checksum."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec
from zarr.errors import NodeNotFoundError

from hpcpinn.errors import StoreError, nearest
from hpcpinn.plan.variables import Variable
from hpcpinn.store import layout

# Without a checksum 40 of 40 single flipped bits were read back as numbers, with it none. Kernels are noise to a
# compressor (1.1 to 1.3 times with any): the fastest level does.
_COMPRESSOR = ZstdCodec(level=1, checksum=True)
_KEYS: dict[str, Any] = {"name": "default", "separator": layout.SEPARATOR}
_FILL = {"bool": False, "string": "", "int64": 0, "uint64": 0}


def create_group(folder: Path, attributes: Mapping[str, Any]) -> zarr.Group:
    """A group that does not exist yet."""
    return zarr.create_group(folder, attributes=dict(attributes))


def create_array(group: zarr.Group, variable: Variable) -> zarr.Array:
    """An array without chunks: floats read as NaN, which means "not there", until they are written."""
    return group.create_array(
        variable.name,
        shape=variable.shape,
        chunks=variable.chunks,
        dtype=variable.dtype,
        fill_value=_FILL.get(variable.dtype, float("nan")),
        compressors=[_COMPRESSOR],
        chunk_key_encoding=_KEYS,
        dimension_names=variable.dims,
        attributes=dict(variable.attrs),
    )


def create_filled(group: zarr.Group, variable: Variable, values: np.ndarray) -> None:
    """An array written at once and never again."""
    create_array(group, variable)[...] = values


def open_array(store: Path, name: str) -> zarr.Array:
    """An array for reading and writing; chunks of NaN alone are written like any other, so that none is missing.

    Raises:
        StoreError: the store has no such array.
    """
    try:
        array = zarr.open_array(store / name, mode="r+", zarr_format=3)
    except (FileNotFoundError, NodeNotFoundError) as error:
        names = sorted(
            found.parent.name for found in store.glob(f"*/{layout.METADATA}") if found.parent.name != layout.LEDGER
        )
        raise StoreError(f"{store} has no array `{name}`; {nearest(name, names)}") from error
    return array.with_config({"write_empty_chunks": True})


def ending(array: zarr.Array, shape: Sequence[int]) -> zarr.Array:
    """The same chunks as an array of another shape; what the disk says of it stays.

    A store is extended while others write and read: what they know of its shape comes from their plan or its record. A
    chunk at the end of this shape is whole for zarr, which therefore replaces it without reading what was there.
    """
    if array.shape == tuple(shape):
        return array
    whole: Any = array.async_array
    resized: Any = whole.metadata.update_shape(tuple(shape))
    return zarr.Array(zarr.AsyncArray(resized, whole.store_path)).with_config({"write_empty_chunks": True})
