"""Dense linear algebra on several matrices at once, one per core."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from hpcpinn.kernel import cores, spectrum

_Result = TypeVar("_Result")


def each(function: Callable[[np.ndarray], _Result], matrices: Sequence[np.ndarray] | np.ndarray) -> list[_Result]:
    """Apply a function to square matrices of one size; LAPACK holds no lock, and every small matrix has one thread."""
    if len(matrices) == 1:
        return [function(matrices[0])]
    with spectrum.threads(len(matrices[0])), ThreadPoolExecutor(cores.available()) as pool:
        return list(pool.map(function, matrices))
