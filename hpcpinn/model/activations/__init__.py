r"""Activations: one file each, every one with its own derivatives to any order.

Derivatives are written out, not nested from `jax.grad`: the jet of a layer needs $\varphi, \varphi', \ldots,
\varphi^{(4)}$ at the same points, and each is a polynomial in quantities that $\varphi$ has computed already.
"""

from collections.abc import Callable

from jaxtyping import Array, Float

from hpcpinn import errors
from hpcpinn.model.activations import erf, gelu, sin, softplus, swish, tanh

# (z, order) -> phi(z), phi'(z), ..., all elementwise
Activation = Callable[[Float[Array, "*row width"], int], tuple[Float[Array, "*row width"], ...]]

ACTIVATIONS: dict[str, Activation] = {
    "erf": erf.derivatives,
    "gelu": gelu.derivatives,
    "sin": sin.derivatives,
    "softplus": softplus.derivatives,
    "swish": swish.derivatives,
    "tanh": tanh.derivatives,
}


def activation(name: str) -> Activation:
    """The derivatives of an activation by its name; raises NetworkError for a name that does not exist."""
    return errors.chosen(ACTIVATIONS, "activation", name, errors.NetworkError)
