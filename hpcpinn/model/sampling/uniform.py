"""Independent uniform points."""

import numpy as np
from jaxtyping import Float


def points(rows: int, dimension: int, seed: int) -> Float[np.ndarray, "row dimension"]:
    """Independent points, uniform in the unit cube."""
    return np.random.default_rng(seed).random((rows, dimension))
