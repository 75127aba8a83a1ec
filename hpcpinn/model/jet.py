r"""Jets: a vector-valued function at one point, or at the points of many rows, together with its derivatives there.

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
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.model.activations import Activation
from hpcpinn.model.channels import Channels, MultiIndex

# Rows come after channels: a channel of all rows is then contiguous, and so is the matrix of all channels and rows that
# a linear map multiplies.
ROW_AXIS = 1


@dataclass(frozen=True)
class Jet:
    """Taylor coefficients of a vector of `width` functions, by channel, at one point or at those of many rows."""

    channels: Channels
    coefficients: Float[Array, "channel *row width"]

    @property
    def value(self) -> Float[Array, "*row width"]:
        """The functions themselves, without derivatives."""
        return self.coefficients[0]

    def by_channel(self) -> list[Float[Array, "*row width"]]:
        """The coefficients of every channel.

        Cut in one operation: the cotangents of single ones were each padded to a whole jet before they were added.
        """
        return [jnp.squeeze(row, 0) for row in jax.lax.split(self.coefficients, (1,) * len(self.channels))]

    def __add__(self, other: "Jet") -> "Jet":
        """The jet of a sum."""
        return Jet(self.channels, self.coefficients + other.coefficients)

    def __sub__(self, other: "Jet") -> "Jet":
        """The jet of a difference."""
        return Jet(self.channels, self.coefficients - other.coefficients)

    def __mul__(self, other: "Jet") -> "Jet":
        r"""The jet of an elementwise product: $(fg)_k = \sum w f_i g_j$ over the products of the channels."""
        left, right = dict(enumerate(self.by_channel())), dict(enumerate(other.by_channel()))
        return _stack(self.channels, _multiply(self.channels, left, right))


jax.tree_util.register_dataclass(Jet, data_fields=["coefficients"], meta_fields=["channels"])


def coordinates(
    channels: Channels, x: Float[Array, "*row coordinate"], shift: Sequence[float], scale: Sequence[float]
) -> Jet:
    r"""The jet of the scaled coordinates $(x_k - \text{shift}_k)/\text{scale}_k$: a value and one slope each."""
    scales = jnp.asarray(scale, x.dtype)
    value = (x - jnp.asarray(shift, x.dtype)) / scales
    slopes = jnp.asarray([_slope(members) for members in channels.members], x.dtype) / scales
    each = (1,) * (x.ndim - 1)
    of_rows = jnp.broadcast_to(slopes.reshape(len(slopes), *each, -1), (len(slopes), *x.shape))
    return Jet(channels, of_rows.at[0].set(value))


def raised(inner: Jet, by: Float[Array, " width"]) -> Jet:
    """The jet with constants added to the functions: only the values change.

    Zeros are added to the other channels: written into the first channel alone, the array was copied (10 % of a pass).
    """
    each = (1,) * (inner.coefficients.ndim - 1)
    is_value = np.eye(1, len(inner.channels), dtype=by.dtype).reshape(-1, *each)
    return Jet(inner.channels, inner.coefficients + is_value * by)


def compose(outer: Activation, inner: Jet) -> Jet:
    r"""The jet of $\varphi(h)$ from the jet of $h$; `outer` gives $\varphi^{(k)}(c_0)$, $k = 0 \ldots$ order.

    Only structurally non-zero coefficients of $(h - c_0)^k$ are formed: those with a member of order $k$ or more.
    """
    value, *others = inner.by_channel()
    derivatives = outer(value, inner.channels.order)
    nilpotent = dict(enumerate(others, start=1))
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
    # Not `jnp.stack`, which `vmap` stacks channels first, whatever comes before them: everything was then copied back.
    return Jet(channels, jax.lax.concatenate([rows[k][None] for k in range(len(channels))], 0))


def _slope(members: Sequence[tuple[MultiIndex, float]]) -> list[float]:
    """What a channel carries of the coordinates themselves, each of which has one derivative, of order one."""
    linear = [(index, weight) for index, weight in members if sum(index) == 1]
    return [sum(weight * index[k] for index, weight in linear) for k in range(len(members[0][0]))]
