r"""The loss $L = \sum_t w_t \sum_{i \in t} r_i^2$ and the four ways in which papers weigh the rows of a term.

| name | $w_t$ for $n_t$ rows | |
|---|---|---|
| mean | $1/n_t$ | mean squared error of every term (code of arXiv 2007.14527 and most others) |
| sum | 1 | |
| half_mean | $1/(2 n_t)$ | |
| half_sum | 1/2 | the loss of the theory, where gradient flow is $\dot r = -K r$ (text of arXiv 2007.14527) |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn import errors
from hpcpinn.model import evaluation
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem

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


def term_losses(
    problem: Problem, network: Network, weights: Weights, params: Params, x: Mapping[str, Array]
) -> Float[Array, " term"]:
    """The share of every term in the loss."""
    terms = problem.terms
    return jnp.stack(
        [
            weight * jnp.sum(evaluation.residuals(problem, terms[name], network, network.affine(params), x[name]) ** 2)
            for name, weight in weights
        ]
    )


@dataclass(frozen=True)
class TermLosses:
    """`term_losses` of a network, to be mapped over networks: points are shared, parameters are its own."""

    problem: Problem
    network: Network
    weights: Weights

    def __call__(self, x: Mapping[str, Array], params: Params) -> Float[Array, " term"]:
        """The share of every term in the loss."""
        return term_losses(self.problem, self.network, self.weights, params, x)
