r"""The logistic function $\sigma(z) = 1/(1 + e^{-z})$, with $\sigma' = \sigma - \sigma^2$: part of softplus, swish."""

import jax
from jaxtyping import Array, Float
from numpy.polynomial import Polynomial

from hpcpinn.model.elementary import autonomous


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    """The function and its derivatives up to the given order."""
    return autonomous.derivatives(jax.nn.sigmoid(z), Polynomial([0.0, 1.0, -1.0]), order)
