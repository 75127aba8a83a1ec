r"""$\varphi(z) = \mathrm{erf}(z)$, with $\varphi'(z) = 2 e^{-z^2}/\sqrt{\pi}$."""

import math

import jax
from jaxtyping import Array, Float

from hpcpinn.model.elementary import gaussian

_ROOT_2 = math.sqrt(2.0)


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    r"""The function and its derivatives; $\varphi^{(k+1)}(z) = 2/\sqrt{\pi}\; 2^{k/2}\, G^{(k)}(\sqrt{2} z)$."""
    value = (jax.scipy.special.erf(z),)
    if order == 0:
        return value
    bell = gaussian.derivatives(_ROOT_2 * z, order - 1)
    return value + tuple(2 / math.sqrt(math.pi) * _ROOT_2**k * row for k, row in enumerate(bell))
