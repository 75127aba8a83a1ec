"""Equidistant points, ends included."""

import itertools

import numpy as np
from jaxtyping import Float

from hpcpinn import errors


def points(rows: int, dimension: int, seed: int) -> Float[np.ndarray, "row dimension"]:
    r"""The grid of $n^{1/d}$ equidistant values per coordinate, the last coordinate fastest; `seed` is not used.

    Raises:
        ProblemError: the number of rows is not a d-th power.
    """
    if dimension == 0:
        return np.zeros((rows, 0))
    side = round(rows ** (1 / dimension))
    if side**dimension != rows:
        below, above = _neighbours(rows, dimension)
        raise errors.ProblemError(
            f"a grid of {rows} points in {dimension} dimensions does not exist; allowed: side**{dimension}, such as "
            f'{below} or {above}. Take one of these, or sampling = "sobol".'
        )
    values = np.linspace(0.0, 1.0, side) if side > 1 else np.array([0.5])
    return np.array(list(itertools.product(values, repeat=dimension)))


def _neighbours(rows: int, dimension: int) -> tuple[int, int]:
    side = int(rows ** (1 / dimension))
    return max(side, 1) ** dimension, (side + 1) ** dimension
