r"""$\varphi(z) = z\,\Phi(z)$ with the normal distribution function $\Phi$ (exact GELU, no tanh approximation)."""

import math

import jax
from jaxtyping import Array, Float

from hpcpinn.model.elementary import gaussian, linear_product


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    r"""The function and its derivatives, by Leibniz from $\Phi' = e^{-z^2/2}/\sqrt{2\pi}$."""
    bell = gaussian.derivatives(z, max(order - 1, 0))
    normal = (jax.scipy.special.ndtr(z), *(row / math.sqrt(2 * math.pi) for row in bell))
    return linear_product.derivatives(z, normal[: order + 1])
