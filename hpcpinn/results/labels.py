"""Labels of the rows and columns of a kernel."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Shaped

LabelledKernel = xr.DataArray


def labelled_kernel(
    kernel: Shaped[np.ndarray, "row row"],
    terms: Sequence[str],
    coordinates: Sequence[str],
    points: Float[np.ndarray, "row coordinate"],
) -> LabelledKernel:
    """A kernel with the term and the point of every row, and of every column under `col_<name>`."""
    labels = {"term": np.array(terms)} | {name: points[:, k] for k, name in enumerate(coordinates)}
    rows = {name: ("row", values) for name, values in labels.items()}
    cols = {f"col_{name}": ("col", values) for name, values in labels.items()}
    attrs = {"long_name": "neural tangent kernel", "formula": "K = J J^T, J = dr/dtheta", "units": "1"}
    return xr.DataArray(kernel, dims=("row", "col"), coords=rows | cols, name="kernel", attrs=attrs)
