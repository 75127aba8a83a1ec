r"""Relative drifts, $\|a(n) - a(0)\| / \|a(0)\|$: how far training has moved parameters and kernel."""

import jax
import numpy as np
from jaxtyping import Float

from hpcpinn.model.networks.network import Params


def of_kernel(now: Float[np.ndarray, "row row"], start: Float[np.ndarray, "row row"]) -> float:
    """The drift of a kernel in the Frobenius norm."""
    return float(np.linalg.norm(now - start) / np.linalg.norm(start))


def of_parameters(now: Params, start: Params) -> float:
    """The drift of all parameters as one vector in the Euclidean norm."""
    moved = jax.tree.map(lambda a, b: np.sum((np.asarray(a) - np.asarray(b)) ** 2), now, start)
    norms = jax.tree.map(lambda b: np.sum(np.asarray(b) ** 2), start)
    return float(np.sqrt(sum(jax.tree.leaves(moved)) / sum(jax.tree.leaves(norms))))
