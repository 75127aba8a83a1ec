r"""Jets: a vector-valued function at one point together with its derivatives there.

A jet holds $c_\alpha = \partial^\alpha h(x)/\alpha!$ for $\alpha$ in a down-closed set of channels, and fixed
combinations of maximal ones. With these normalised coefficients the product of two functions is polynomial
multiplication truncated to the set, and an elementwise function $\varphi$ acts as
$\varphi(h) = \sum_k \varphi^{(k)}(c_0)/k! \, (h - c_0)^k$, a finite sum because $h - c_0$ is nilpotent (Faà di Bruno's
formula; Griewank and Walther, *Evaluating Derivatives*, ch. 13).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.model.channels import Channels, MultiIndex


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
        r"""The jet of an elementwise product: $(fg)_k = \sum w f_i g_j$ over the products of the channels."""
        left, right = dict(enumerate(self.coefficients)), dict(enumerate(other.coefficients))
        return _stack(self.channels, _multiply(self.channels, left, right))


jax.tree_util.register_dataclass(Jet, data_fields=["coefficients"], meta_fields=["channels"])


def coordinates(
    channels: Channels, x: Float[Array, " coordinate"], shift: Sequence[float], scale: Sequence[float]
) -> Jet:
    r"""The jet of the scaled coordinates $(x_k - \text{shift}_k)/\text{scale}_k$: a value and one slope each."""
    scales = jnp.asarray(scale, x.dtype)
    value = (x - jnp.asarray(shift, x.dtype)) / scales
    slopes = jnp.asarray([_slope(members) for members in channels.members], x.dtype) / scales
    return Jet(channels, slopes.at[0].set(value))


def compose(derivatives: Sequence[Float[Array, " width"]], inner: Jet) -> Jet:
    r"""The jet of $\varphi(h)$ from $\varphi^{(k)}(c_0)$, $k = 0 \ldots$ order, and the jet of $h$.

    Only structurally non-zero coefficients of $(h - c_0)^k$ are formed: those with a member of order $k$ or more.
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
    for i, j, k, weight in channels.products:
        if i in left and j in right:
            product = left[i] * right[j] if weight == 1 else weight * left[i] * right[j]
            result[k] = result[k] + product if k in result else product
    return result


def _stack(channels: Channels, rows: dict[int, Array]) -> Jet:
    return Jet(channels, jnp.stack([rows[k] for k in range(len(channels))]))


def _slope(members: Sequence[tuple[MultiIndex, float]]) -> list[float]:
    """What a channel carries of the coordinates themselves, each of which has one derivative, of order one."""
    linear = [(index, weight) for index, weight in members if sum(index) == 1]
    return [sum(weight * index[k] for index, weight in linear) for k in range(len(members[0][0]))]
