r"""How far kernels of single seeds are from an average: the finite-width fluctuation, before a limit is known.

Where kernels were not stored there is nothing to compare: these functions need `study.kernel` of all seeds.
"""

import numpy as np
import xarray as xr

from hpcpinn import errors

_MATRIX = ("row", "col")


def spread_over_seeds(kernel: xr.DataArray) -> xr.DataArray:
    r"""$\|K_s - \bar K\|_F / \|\bar K\|_F$ of every seed, with the mean $\bar K$ over seeds at the same width."""
    mean = kernel.mean("seed")
    return _distance(kernel, mean).rename("spread_over_seeds")


def distance_to_widest(kernel: xr.DataArray) -> xr.DataArray:
    r"""$\|K_s - \bar K_\text{widest}\|_F / \|\bar K_\text{widest}\|_F$ of every seed at every smaller width.

    The mean over the seeds of the widest network that has run stands for the infinitely wide one. It has an error of
    its own, so that distances flatten where they come near it.

    Raises:
        ResultsError: fewer than two widths have run.
    """
    widths = np.sort(kernel.dropna("width", how="all")["width"].values)
    if len(widths) < 2:
        raise errors.ResultsError(
            f"the distance to the widest network where runs of {len(widths)} are done; allowed: at least 2 widths."
        )
    reference = kernel.sel(width=widths[-1], drop=True).mean("seed")
    return _distance(kernel.sel(width=widths[:-1]), reference).rename("distance_to_widest")


def _distance(kernel: xr.DataArray, reference: xr.DataArray) -> xr.DataArray:
    squares = ((kernel - reference) ** 2).sum(_MATRIX, skipna=True, min_count=1)
    return (squares / (reference**2).sum(_MATRIX)) ** 0.5
