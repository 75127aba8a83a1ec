r"""$\varphi(z) = \sin z$."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    r"""The function and its derivatives: sin, cos, -sin, -cos and again."""
    sine, cosine = jnp.sin(z), jnp.cos(z)
    cycle = (sine, cosine, -sine, -cosine)
    return tuple(cycle[k % 4] for k in range(order + 1))
