"""A store opened as one labelled, lazy dataset."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, UInt64
from xarray.core.indexing import LazilyIndexedArray

from hpcpinn.results.lazy import PublishedArray
from hpcpinn.store import ledger
from hpcpinn.store.store import Store, open_store

if TYPE_CHECKING:
    import zarr


def open_study(store: str | Path, chunks: Mapping[str, int] | str | None = None) -> xr.Dataset:
    """Open the store of a study as an `xarray.Dataset`; nothing but coordinates is read until it is used.

    Quantities have one dimension per axis of the sweep (width, depth, seed and what else varies). `status` says for
    every run whether it is "done", "failed" or "waiting"; runs that are not done are NaN everywhere. Attributes of the
    dataset tell where the numbers come from, those of a variable its formula and units.

    Args:
        store: the folder of the store.
        chunks: as in `xarray.open_zarr`: None for plain lazy arrays, `{}` for dask arrays with the chunks of the store.

    Raises:
        StoreError: there is no store, or this version cannot read it.
    """
    opened = open_store(store)
    arrays = {name: opened.array(name) for name in opened.names}
    labels = {name: arrays[name] for name in opened.attributes["coordinates"].split()}
    tasks = np.asarray(arrays["task"][...])
    status = _status(opened, tasks)
    done = status == "done"
    sweep = _dims(arrays["task"])
    variables = {name: _lazy(array, sweep, done) for name, array in arrays.items() if name not in {*labels, "task"}}
    described = {
        "status": _variable(sweep, status, {"long_name": "state of the run: done, failed or waiting"}),
        "task": _variable(sweep, tasks, arrays["task"].attrs),
    }
    coordinates = {name: _variable(_dims(array), _label(array), array.attrs) for name, array in labels.items()}
    dataset = xr.Dataset(variables | described, coordinates, opened.attributes).set_xindex("term_name")
    return dataset if chunks is None else _chunked(dataset, arrays, chunks)


def _status(store: Store, tasks: UInt64[np.ndarray, "*sweep"]) -> np.ndarray:
    result = np.full(tasks.shape, "waiting", dtype="<U7")
    for name, ids in (("failed", ledger.failed(store.path)), ("done", ledger.done(store.path))):
        result[np.isin(tasks, np.array([int(task, 16) for task in ids], dtype=np.uint64))] = name
    return result


def _lazy(array: "zarr.Array", sweep: tuple[str, ...], done: Bool[np.ndarray, "*sweep"]) -> xr.Variable:
    """An array behind a mask; what does not depend on an axis belongs to the run at the first position there."""
    dims = _dims(array)
    mask = done[tuple(slice(None) if dim in dims else 0 for dim in sweep)]
    return _variable(dims, LazilyIndexedArray(PublishedArray(array, mask)), array.attrs)


def _variable(dims: tuple[str, ...], data: Any, attrs: Mapping[str, Any]) -> xr.Variable:
    # Without `fastpath` xarray asks whether the data are dask arrays, and imports dask for it: 0.4 s at every start.
    return xr.Variable(dims, data, dict(attrs), fastpath=True)


def _label(array: "zarr.Array") -> np.ndarray:
    values = np.asarray(array[...])
    # Fixed width: numpy's StringDType has no index in xarray yet.
    return values if values.dtype.kind in "biuf" else np.array(values.tolist(), dtype=str)


def _dims(array: "zarr.Array") -> tuple[str, ...]:
    return tuple(map(str, array.metadata.dimension_names or ()))  # pyright: ignore[reportAttributeAccessIssue]


def _chunked(dataset: xr.Dataset, arrays: "Mapping[str, zarr.Array]", chunks: Mapping[str, int] | str) -> xr.Dataset:
    if chunks != {}:
        return dataset.chunk(chunks)
    own: dict[Hashable, dict[str, int]] = {
        name: dict(zip(_dims(array), array.chunks, strict=True)) for name, array in arrays.items()
    }
    return dataset.assign({name: dataset[name].chunk(own[name]) for name in dataset.data_vars if name in own})
