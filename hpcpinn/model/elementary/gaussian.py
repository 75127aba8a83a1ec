r"""Derivatives of $G(z) = e^{-z^2/2}$: $G^{(k)} = (-1)^k He_k(z)\,G$ with the probabilists' Hermite polynomials."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    r"""$G, G', \ldots$ by the recurrence $G^{(k+1)} = -z\,G^{(k)} - k\,G^{(k-1)}$."""
    result = [jnp.exp(-(z**2) / 2)]
    for k in range(order):
        before = k * result[k - 1] if k else 0.0
        result.append(-z * result[k] - before)
    return tuple(result)
