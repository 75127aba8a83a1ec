r"""Jets in two points at once: a kernel $k(x, x')$ with its derivatives on either side.

A bijet holds $c_{\alpha\beta} = \partial^\alpha_x \partial^\beta_{x'} k(x, x') / (\alpha!\,\beta!)$ for $\alpha$ in the
channels of the rows and $\beta$ in those of the columns. It is an element of the tensor product of the two truncated
Taylor algebras (`model/channels.py`, combinations that share a channel included), so that its multiplication table is
the product of theirs.
"""

import functools
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hpcpinn.model.channels import Channels

Side = Literal["row", "col"]
# (first, second, target, weight): target += weight * first * second
_Table = tuple[Int[np.ndarray, " product"], Int[np.ndarray, " product"], Int[np.ndarray, " product"], np.ndarray]


@dataclass(frozen=True)
class Bijet:
    """Taylor coefficients of a kernel between the points of some rows and those of some columns."""

    rows: Channels
    cols: Channels
    coefficients: Float[Array, "channels row col"]

    @property
    def value(self) -> Float[Array, "row col"]:
        """The kernel itself, without derivatives."""
        return self.coefficients[0]

    @property
    def by_side(self) -> Float[Array, "channel other row col"]:
        """The coefficients by the channel of the row and by that of the column."""
        return self.coefficients.reshape(len(self.rows), len(self.cols), *self.coefficients.shape[1:])

    def __add__(self, other: "Bijet") -> "Bijet":
        """The bijet of a sum."""
        return Bijet(self.rows, self.cols, self.coefficients + other.coefficients)

    def __sub__(self, other: "Bijet") -> "Bijet":
        """The bijet of a difference."""
        return Bijet(self.rows, self.cols, self.coefficients - other.coefficients)

    def __mul__(self, other: "Bijet") -> "Bijet":
        """The bijet of a product."""
        return Bijet(self.rows, self.cols, _product(self.rows, self.cols, self.coefficients, other.coefficients))

    def nilpotent(self) -> "Bijet":
        """The bijet less its value: a power of it above the sum of the two orders is zero."""
        return Bijet(self.rows, self.cols, self.coefficients.at[0].set(0))

    def times(self, side: Side, jet: Float[Array, "channel point"]) -> "Bijet":
        """The product with a function of the rows' points alone, or of the columns' alone, given by its jet."""
        each = jet[:, :, None] if side == "row" else jet[:, None, :]
        return Bijet(self.rows, self.cols, _one_sided(self.rows, self.cols, side, each, self.coefficients))


jax.tree_util.register_dataclass(Bijet, data_fields=["coefficients"], meta_fields=["rows", "cols"])


@jax.jit
def constant(like: Bijet, value: float | Array) -> Bijet:
    """The bijet of a constant."""
    return Bijet(like.rows, like.cols, jnp.zeros_like(like.coefficients).at[0].set(value))


def outer(rows: Channels, cols: Channels, left: Float[Array, "channel row"], right: Float[Array, "other col"]) -> Bijet:
    """The bijet of $f(x) g(x')$ from the jets of $f$ and $g$."""
    product = left[:, None, :, None] * right[None, :, None, :]
    return Bijet(rows, cols, product.reshape(-1, *product.shape[2:]))


@functools.partial(jax.jit, static_argnums=(0, 1))
def _product(
    rows: Channels, cols: Channels, left: Float[Array, "channels row col"], right: Float[Array, "channels row col"]
) -> Float[Array, "channels row col"]:
    return _accumulated(_pairs(rows, cols), left, right, len(rows) * len(cols))


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _one_sided(
    rows: Channels,
    cols: Channels,
    side: Side,
    jet: Float[Array, "channel row_or_1 col_or_1"],
    bijet: Float[Array, "channels row col"],
) -> Float[Array, "channels row col"]:
    return _accumulated(_beside(rows, cols, side), jet, bijet, len(rows) * len(cols))


def _accumulated(
    table: _Table, first: Float[Array, "..."], second: Float[Array, "channels row col"], size: int
) -> Float[Array, "channels row col"]:
    """Sum the products of a table, one after the other: a loop, because a table of order four has 4900 of them."""
    i, j, k, w = (jnp.asarray(column) for column in table)

    def step(n: Int[Array, ""], total: Float[Array, "channels row col"]) -> Float[Array, "channels row col"]:
        at = functools.partial(jax.lax.dynamic_index_in_dim, keepdims=False)
        product = w[n] * at(first, i[n]) * at(second, j[n])
        return jax.lax.dynamic_update_index_in_dim(total, at(total, k[n]) + product, k[n], axis=0)

    start = jnp.zeros((size, *second.shape[1:]), second.dtype)
    return jax.lax.fori_loop(0, len(table[0]), step, start)


@functools.cache
def _pairs(rows: Channels, cols: Channels) -> _Table:
    width = len(cols)
    return _table(
        [
            (i * width + a, j * width + b, k * width + c, v * w)
            for i, j, k, v in rows.products
            for a, b, c, w in cols.products
        ]
    )


@functools.cache
def _beside(rows: Channels, cols: Channels, side: Side) -> _Table:
    width = len(cols)
    if side == "row":
        return _table([(i, j * width + b, k * width + b, w) for i, j, k, w in rows.products for b in range(width)])
    return _table(
        [(i, a * width + j, a * width + k, w) for i, j, k, w in cols.products for a in range(len(rows))],
    )


def _table(products: list[tuple[int, int, int, float]]) -> _Table:
    i, j, k, w = zip(*sorted(products, key=lambda product: product[2]), strict=True)
    return np.array(i, np.int32), np.array(j, np.int32), np.array(k, np.int32), np.array(w, np.float64)
