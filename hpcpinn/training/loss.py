r"""The loss $L = \sum_t w_t \sum_{i \in t} r_i^2$ and the four ways in which papers weigh the rows of a term.

| name | $w_t$ for $n_t$ rows | |
|---|---|---|
| mean | $1/n_t$ | mean squared error of every term (code of arXiv 2007.14527 and most others) |
| sum | 1 | |
| half_mean | $1/(2 n_t)$ | |
| half_sum | 1/2 | the loss of the theory, where gradient flow is $\dot r = -K r$ (text of arXiv 2007.14527) |
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from hpcpinn import errors

NORMALIZATIONS: dict[str, Callable[[int], float]] = {
    "mean": lambda rows: 1 / rows,
    "sum": lambda rows: 1.0,
    "half_mean": lambda rows: 1 / (2 * rows),
    "half_sum": lambda rows: 0.5,
}

Weights = tuple[tuple[str, float], ...]


def term_weights(normalization: str, counts: Mapping[str, int]) -> Weights:
    """The weight of one squared row, by term; raises StudyError for a loss that does not exist."""
    weight = errors.chosen(NORMALIZATIONS, "loss", normalization, errors.StudyError)
    return tuple((term, weight(rows)) for term, rows in counts.items())


def row_weights(weights: Weights, counts: Mapping[str, int]) -> Float[np.ndarray, " row"]:
    """The weight of every row of the kernel."""
    return np.concatenate([np.full(counts[term], weight) for term, weight in weights])
