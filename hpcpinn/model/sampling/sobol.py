"""Scrambled Sobol points (Sobol 1967, Owen 1998)."""

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc


def points(rows: int, dimension: int, seed: int) -> Float[np.ndarray, "row dimension"]:
    """The first points of a scrambled Sobol sequence; balanced best when their number is a power of two."""
    if dimension == 0:
        return np.zeros((rows, 0))
    sequence = qmc.Sobol(dimension, rng=np.random.default_rng(seed))
    return sequence.random_base2((rows - 1).bit_length())[:rows]
