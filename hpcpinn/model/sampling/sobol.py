"""Scrambled Sobol points (Sobol 1967, Owen 1998)."""

import numpy as np
from jaxtyping import Float


def points(rows: int, dimension: int, seed: int) -> Float[np.ndarray, "row dimension"]:
    """The first points of a scrambled Sobol sequence; balanced best when their number is a power of two."""
    if dimension == 0:
        return np.zeros((rows, 0))
    # Imported where it is used: scipy.stats takes 0.7 s, and most studies sample grids.
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimension, rng=np.random.default_rng(seed))
    return sequence.random_base2((rows - 1).bit_length())[:rows]
