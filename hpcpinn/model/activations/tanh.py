r"""$\varphi(z) = \tanh z$, with $\varphi' = 1 - \varphi^2$."""

import jax.numpy as jnp
from jaxtyping import Array, Float
from numpy.polynomial import Polynomial

from hpcpinn.model.elementary import autonomous


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    """The function and its derivatives up to the given order."""
    return autonomous.derivatives(jnp.tanh(z), Polynomial([1.0, 0.0, -1.0]), order)
