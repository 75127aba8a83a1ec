"""Labels of the rows and columns of a kernel."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Shaped

LabelledKernel = xr.DataArray


def labelled_kernel(
    kernel: Shaped[np.ndarray, "*leading row row"],
    terms: Sequence[str],
    coordinates: Sequence[str],
    points: Float[np.ndarray, "row coordinate"],
    leading: Mapping[str, Sequence[str] | range] | None = None,
    attrs: Mapping[str, str | float] | None = None,
) -> LabelledKernel:
    """A kernel with the term and the point of every row, and of every column under `col_<name>`.

    Args:
        kernel: the values.
        terms: the term of every row.
        coordinates: names of the coordinates.
        points: of every row.
        leading: names and labels of the dimensions before the rows.
        attrs: what stands beside or in place of the description of a neural tangent kernel.
    """
    labels = {"term": np.array(terms)} | {name: points[:, k] for k, name in enumerate(coordinates)}
    rows = {name: ("row", values) for name, values in labels.items()}
    cols = {f"col_{name}": ("col", values) for name, values in labels.items()}
    before = {name: (name, list(values)) for name, values in (leading or {}).items()}
    described = {"long_name": "neural tangent kernel", "formula": "K = J J^T, J = dr/dtheta", "units": "1"}
    return xr.DataArray(
        kernel,
        dims=(*before, "row", "col"),
        coords=before | rows | cols,
        name="kernel",
        attrs=described | dict(attrs or {}),
    )
