"""Latin hypercube points: one in every slice of every coordinate (McKay, Beckman and Conover 1979)."""

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc


def points(rows: int, dimension: int, seed: int) -> Float[np.ndarray, "row dimension"]:
    """Latin hypercube points of the unit cube."""
    if dimension == 0:
        return np.zeros((rows, 0))
    return qmc.LatinHypercube(dimension, rng=np.random.default_rng(seed)).random(rows)
