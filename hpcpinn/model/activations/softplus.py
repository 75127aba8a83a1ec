r"""$\varphi(z) = \log(1 + e^z)$, with $\varphi' = \sigma$, the logistic function."""

import jax
from jaxtyping import Array, Float

from hpcpinn.model.elementary import logistic


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    """The function and its derivatives up to the given order."""
    value = (jax.nn.softplus(z),)
    return value + logistic.derivatives(z, order - 1) if order else value
