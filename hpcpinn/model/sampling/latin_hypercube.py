"""Latin hypercube points: one in every slice of every coordinate (McKay, Beckman and Conover 1979)."""

import numpy as np
from jaxtyping import Float


def points(rows: int, dimension: int, seed: int) -> Float[np.ndarray, "row dimension"]:
    """Latin hypercube points of the unit cube."""
    if dimension == 0:
        return np.zeros((rows, 0))
    # Imported where it is used: scipy.stats takes 0.7 s, and most studies sample grids.
    from scipy.stats import qmc

    return qmc.LatinHypercube(dimension, rng=np.random.default_rng(seed)).random(rows)
