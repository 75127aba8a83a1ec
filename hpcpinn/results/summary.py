"""What a study found, in a table: one row per width, with exponents in the width below."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr

from hpcpinn import errors
from hpcpinn.results.power_law import PowerLaw, scaling
from hpcpinn.results.spread import distance_to_widest, spread_over_seeds

# A table of kernels is made only where all of them can be held at once; above, it is an analysis of its own.
_MOST_BYTES = 2**31
# What training leads to, as it is called in tables and figures.
_TRAINED = {"kernel_drift": "kernel drift", "parameter_drift": "parameter drift", "relative_l2": "relative L2 error"}


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


def positions(study: xr.Dataset) -> int:
    """How many tables a study has."""
    return study["status"].size // (study.sizes["width"] * study.sizes["seed"])


def tables(study: xr.Dataset) -> Iterator[Table]:
    """A table for every position of the axes other than width and seed.

    Kernels are those at initialisation, drifts and errors those at the last recorded step.
    """
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
    yield "trace", whole["trace"].isel(step=0)
    # The same number where a study has no spectra: the kernel is positive semi-definite.
    largest = whole["eigenvalue"].isel(mode=0) if "eigenvalue" in study else whole["spectral_norm"]
    yield "largest eigenvalue", largest.isel(step=0)
    if _has_kernels(study):
        kernel = study["kernel"].isel(step=0).compute()
        yield "spread over seeds", spread_over_seeds(kernel)
        if "limit_distance" not in study:
            with suppress(errors.ResultsError):
                yield "distance to widest", distance_to_widest(kernel)
    if "limit_distance" in study:
        yield "distance to the limit", study["limit_distance"].isel(step=0)
    for name, title in _TRAINED.items():
        if name in study and "loss" in study:
            yield title, study[name].isel(step=-1)


def _has_kernels(study: xr.Dataset) -> bool:
    if "kernel" not in study or study.sizes["seed"] < 2 or study["kernel"].isel(step=0).nbytes > _MOST_BYTES:
        return False
    # Of the first step, which a run that waits for the rest of a longer record has as well.
    first, run = study["kernel"].isel(step=0, row=0, col=0), study["trace"].isel(step=0, block=0)
    return bool((np.isfinite(first) == np.isfinite(run)).all())


def _column(name: str, values: xr.DataArray) -> Column:
    try:
        return Column(name, values, scaling(values))
    except errors.ResultsError:
        return Column(name, values, None)
