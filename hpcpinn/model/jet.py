r"""Jets: a vector-valued function at one point together with its derivatives there.

A jet holds $c_\alpha = \partial^\alpha h(x)/\alpha!$ for $\alpha$ in a down-closed set of channels. With these
normalised coefficients the product of two functions is polynomial multiplication truncated to the set, and an
elementwise function $\varphi$ acts as $\varphi(h) = \sum_k \varphi^{(k)}(c_0)/k! \, (h - c_0)^k$, a finite sum because
$h - c_0$ is nilpotent (Faà di Bruno's formula; Griewank and Walther, *Evaluating Derivatives*, ch. 13).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.model.channels import Channels


@dataclass(frozen=True)
class Jet:
    """Taylor coefficients of a vector of `width` functions at one point, one row per channel."""

    channels: Channels
    coefficients: Float[Array, "channel width"]

    @property
    def value(self) -> Float[Array, " width"]:
        """The functions themselves, without derivatives."""
        return self.coefficients[0]

    def __add__(self, other: "Jet") -> "Jet":
        """The jet of a sum."""
        return Jet(self.channels, self.coefficients + other.coefficients)

    def __sub__(self, other: "Jet") -> "Jet":
        """The jet of a difference."""
        return Jet(self.channels, self.coefficients - other.coefficients)

    def __mul__(self, other: "Jet") -> "Jet":
        r"""The jet of an elementwise product: $(fg)_\gamma = \sum_{\alpha+\beta=\gamma} f_\alpha g_\beta$."""
        left, right = dict(enumerate(self.coefficients)), dict(enumerate(other.coefficients))
        return _stack(self.channels, _multiply(self.channels, left, right))


jax.tree_util.register_dataclass(Jet, data_fields=["coefficients"], meta_fields=["channels"])


def coordinates(
    channels: Channels, x: Float[Array, " coordinate"], shift: Sequence[float], scale: Sequence[float]
) -> Jet:
    r"""The jet of the scaled coordinates $(x_k - \text{shift}_k)/\text{scale}_k$: a value and one slope each."""
    scales = jnp.asarray(scale, x.dtype)
    value = (x - jnp.asarray(shift, x.dtype)) / scales
    rows = [value if sum(index) == 0 else _slope(index, scales) for index in channels.indices]
    return Jet(channels, jnp.stack(rows))


def compose(derivatives: Sequence[Float[Array, " width"]], inner: Jet) -> Jet:
    r"""The jet of $\varphi(h)$ from $\varphi^{(k)}(c_0)$, $k = 0 \ldots$ order, and the jet of $h$.

    Only structurally non-zero coefficients of $(h - c_0)^k$ are formed: those with $|\alpha| \ge k$.
    """
    nilpotent = {k: row for k, row in enumerate(inner.coefficients) if k > 0}
    result = {0: derivatives[0]} | {k: derivatives[1] * row for k, row in nilpotent.items()}
    power = nilpotent
    for order in range(2, inner.channels.order + 1):
        power = _multiply(inner.channels, power, nilpotent)
        for k, row in power.items():
            result[k] = result[k] + derivatives[order] / math.factorial(order) * row
    return _stack(inner.channels, result)


def _multiply(channels: Channels, left: dict[int, Array], right: dict[int, Array]) -> dict[int, Array]:
    result: dict[int, Array] = {}
    for i, j, k in channels.products:
        if i in left and j in right:
            product = left[i] * right[j]
            result[k] = result[k] + product if k in result else product
    return result


def _stack(channels: Channels, rows: dict[int, Array]) -> Jet:
    return Jet(channels, jnp.stack([rows[k] for k in range(len(channels))]))


def _slope(index: tuple[int, ...], scales: Float[Array, " coordinate"]) -> Float[Array, " coordinate"]:
    if sum(index) > 1:
        return jnp.zeros_like(scales)
    return jnp.asarray(index, scales.dtype) / scales
