r"""Relative drifts, $\|a(n) - a(0)\| / \|a(0)\|$: how far training has moved parameters and kernel."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.model.networks.network import Params


def of_kernel(now: Float[np.ndarray, "row row"], start: Float[np.ndarray, "row row"]) -> float:
    """The drift of a kernel in the Frobenius norm."""
    return float(np.linalg.norm(now - start) / np.linalg.norm(start))


def of_parameters(_: object, own: tuple[Params, Params]) -> Float[Array, ""]:
    """The drift of all parameters of one network, now and at the start, as one vector in the Euclidean norm."""
    moved, start = jax.tree.map(lambda now, then: jnp.sum((now - then) ** 2), *own), jax.tree.map(_square, own[1])
    return jnp.sqrt(sum(jax.tree.leaves(moved)) / sum(jax.tree.leaves(start)))


def _square(leaf: Float[Array, "..."]) -> Float[Array, ""]:
    return jnp.sum(leaf**2)
