"""Sampling of points in boxes: one method per file."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from hpcpinn import errors
from hpcpinn.model.sampling import grid, latin_hypercube, sobol, uniform

# rows, dimension, seed of the random numbers -> points of the unit cube
Method = Callable[[int, int, int], Float[np.ndarray, "row dimension"]]

METHODS: dict[str, Method] = {
    "grid": grid.points,
    "latin_hypercube": latin_hypercube.points,
    "sobol": sobol.points,
    "uniform": uniform.points,
}


def method(name: str) -> Method:
    """A sampling method by its name; raises ProblemError for a name that does not exist."""
    return errors.chosen(METHODS, "sampling", name, errors.ProblemError)
