"""Kernels as labelled arrays."""

import numpy as np
import xarray as xr

from hpcpinn.kernel import assembly
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem


def ntk(
    problem: Problem, network: Network, params: Params, points: Points, *, tile: int = assembly.DEFAULT_TILE
) -> xr.DataArray:
    r"""The neural tangent kernel $K = J J^\top$, $J = \partial r/\partial\theta$, of all terms of a problem.

    Dimensions `row` and `col`; rows are labelled by `term` and by one coordinate per coordinate of the problem, columns by
    the same names with `col_` before them. float64 for float64 parameters. Computed without the Jacobian, for any network
    whose parameters enter through linear maps used once per point.

    Args:
        problem: the terms.
        network: the description of the network.
        params: its parameters, from `network.init(key, problem)`.
        points: where the terms are evaluated, from `problem.sample(counts)`.
        tile: rows of the kernel that are computed together; bounds the memory of a step.

    Raises:
        ProblemError: a term that cannot be evaluated or does not return one real number.
    """
    kernel = assembly.ntk(problem, network, params, points, tile)
    labels = row_labels(points)
    rows = {name: ("row", values) for name, values in labels.items()}
    cols = {f"col_{name}": ("col", values) for name, values in labels.items()}
    attrs = {"long_name": "neural tangent kernel", "formula": "K = J J^T", "units": "1"}
    return xr.DataArray(kernel, dims=("row", "col"), coords=rows | cols, name="kernel", attrs=attrs)


def row_labels(points: Points) -> dict[str, np.ndarray]:
    """The term and the coordinates of every row."""
    labels: dict[str, np.ndarray] = {"term": np.array(points.labels)}
    return labels | {name: points.all[:, k] for k, name in enumerate(points.coordinates)}
