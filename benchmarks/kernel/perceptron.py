r"""The network of the benchmark in plain JAX, for contenders that are not this package.

$h_l = \tanh(W_l h_{l-1}/\sqrt{n_{l-1}} + b_l)$, $u = W h_L/\sqrt N + b$, and the second derivative in forward mode: the
explicit kernel of width 1024 took as long with nested `jax.grad`, and 1.6 times longer with `jax.experimental.jet`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

# Arrays carry no shapes here: the peer's environment has no jaxtyping.
Layer = tuple[Any, Any]
Affine = Callable[[int, Any], Any]


def layers(parameters: Mapping[str, Mapping[str, Any]]) -> list[Layer]:
    """Weight and bias of every layer, from the parameters of an MLP of the package."""
    hidden = [f"hidden_{k}" for k in range(1, len(parameters))]
    return [(parameters[name]["weight"], parameters[name]["bias"]) for name in (*hidden, "output")]


def affine(layer: Layer, h: Any) -> Any:
    """One linear map in the NTK parametrisation, standard deviations 1."""
    weight, bias = layer
    return jnp.matmul(weight, h, precision=jax.lax.Precision.HIGHEST) / jnp.sqrt(h.size).astype(h.dtype) + bias


def second_derivative(linear: Affine, depth: int, x: Any) -> Any:
    """u_xx at one point; `linear(k, h)` is the k-th linear map."""

    def network(y: Any) -> Any:
        h = jnp.reshape(y, (1,))
        for k in range(depth):
            h = jnp.tanh(linear(k, h))
        return linear(depth, h)[0]

    def slope(y: Any) -> Any:
        return jax.jvp(network, (y,), (jnp.ones_like(y),))[1]

    return jax.jvp(slope, (x,), (jnp.ones_like(x),))[1]


def row(layers: Sequence[Layer], x: Any) -> Any:
    """u_xx at one point for these parameters."""
    return second_derivative(lambda k, h: affine(layers[k], h), len(layers) - 1, x)
