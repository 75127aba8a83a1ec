"""What a study found, in a table: one row per width, with exponents in the width below."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr

from hpcpinn import errors
from hpcpinn.results.scaling import PowerLaw, scaling
from hpcpinn.results.spread import distance_to_widest, spread_over_seeds

# A table of kernels is made only where all of them can be held at once; above, it is an analysis of its own.
_MOST_BYTES = 2**31


@dataclass(frozen=True)
class Column:
    """A quantity over width and seed, and its exponent in the width, if it has one."""

    name: str
    values: xr.DataArray
    exponent: PowerLaw | None


@dataclass(frozen=True)
class Table:
    """The columns at one position of the other axes of the sweep, such as depth 2."""

    where: dict[str, object]
    runs: int
    done: int
    columns: tuple[Column, ...]


def tables(study: xr.Dataset) -> Iterator[Table]:
    """A table for every position of the axes other than width and seed, at the last recorded step."""
    quantities = dict(_quantities(study))
    axes = [str(dim) for dim in study["status"].dims if dim not in ("width", "seed")]
    for position in product(*(range(study.sizes[axis]) for axis in axes)):
        here = dict(zip(axes, position, strict=True))
        status = study["status"].isel(here)
        columns = (_column(name, values.isel(here)) for name, values in quantities.items())
        where = {axis: study[axis].values[place] for axis, place in here.items()}
        yield Table(where, status.size, int((status == "done").sum()), tuple(columns))


def _quantities(study: xr.Dataset) -> Iterator[tuple[str, xr.DataArray]]:
    whole = study.sel(block="all")
    last = {"step": -1}
    yield "trace", whole["trace"].isel(step=0)
    yield "largest eigenvalue", whole["eigenvalue"].isel(step=0, mode=0)
    if _has_kernels(study):
        kernel = study["kernel"].isel(step=0).compute()
        yield "spread over seeds", spread_over_seeds(kernel)
        if study.sizes["width"] > 1:
            yield "distance to widest", distance_to_widest(kernel)
    for name in ("kernel_drift", "parameter_drift", "relative_l2"):
        if name in study and (name != "relative_l2" or "loss" in study):
            yield name.replace("_", " "), study[name].isel(last)


def _has_kernels(study: xr.Dataset) -> bool:
    if "kernel" not in study or study.sizes["seed"] < 2 or study["kernel"].isel(step=0).nbytes > _MOST_BYTES:
        return False
    first = study["kernel"].isel(step=0, row=0, col=0)
    return bool((np.isfinite(first) == (study["status"] == "done")).all())


def _column(name: str, values: xr.DataArray) -> Column:
    try:
        return Column(name, values, scaling(values))
    except errors.ResultsError:
        return Column(name, values, None)
