r"""Dual activations: the covariance of $\varphi(a)$ and $\varphi(b)$ with all derivatives, from that of $a$ and $b$.

Let $(a, b)$ be normal with variances $s(x), s(x')$ and covariance $c(x, x')$. By Price's theorem every derivative of
$E[\varphi(a)\varphi(b)]$ with respect to these three numbers is again an expectation,

    d^{i+j+k} E / ds^i dc^j ds'^k = 2^{-i-k} E[phi^(2i+j)(a) phi^(2k+j)(b)],

so that the bijet of the dual is a finite Taylor sum over the nilpotent parts of the three (Faà di Bruno). The
expectations are plain numbers at the values of $s, c, s'$: nothing is differentiated through a quadrature, and nothing
is singular at $x = x'$.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hpcpinn.limit import bijets
from hpcpinn.limit.bijets import Bijet
from hpcpinn.model.channels import Channels

# The expectation that a term of the Taylor sum needs: orders of the derivatives at the row and at the column.
_Orders = tuple[int, int]


@dataclass(frozen=True)
class Preactivation:
    r"""What the rows of one side know of a preactivation: the jet of its variance, and Hermite coefficients.

    Attributes:
        channels: of the jet.
        variance: Taylor coefficients of $s(x)$.
        hermite: $E[\varphi^{(p)}(\sqrt{s} z) h_k(z)]$, $p$ up to `highest_order`.
    """

    channels: Channels
    variance: Float[Array, "channel point"]
    hermite: Float[Array, "degree order point"]


jax.tree_util.register_dataclass(Preactivation, data_fields=["variance", "hermite"], meta_fields=["channels"])


def highest_order(rows: int, cols: int) -> int:
    """The highest derivative of the activation that bijets of these orders need, that of the dual's slope included."""
    return 1 + max(2 * max(rows, cols) + min(rows, cols), rows + cols)


@jax.jit
def dual(rows: Preactivation, cols: Preactivation, covariance: Bijet) -> tuple[Bijet, Bijet]:
    r"""The bijets of $E[\varphi(a)\varphi(b)]$ and $E[\varphi'(a)\varphi'(b)]$."""
    needed = sorted({orders for slope in (0, 1) for orders in _needed(covariance, slope)})
    moments = dict(zip(needed, _moments(rows, cols, covariance.value, needed), strict=True))
    powers = _powers(covariance)
    values, slopes = (_composed(rows, cols, covariance, moments, powers, slope) for slope in (0, 1))
    return values, slopes


def _needed(covariance: Bijet, slope: int) -> list[_Orders]:
    m, n = covariance.rows.order, covariance.cols.order
    return [
        (2 * i + j + slope, 2 * k + j + slope)
        for i in range(m + 1)
        for k in range(n + 1)
        for j in range(m - i + n - k + 1)
    ]


def _moments(
    rows: Preactivation, cols: Preactivation, covariance: Float[Array, "row col"], needed: Sequence[_Orders]
) -> Float[Array, "orders row col"]:
    r"""$E[\varphi^{(p)}(a) \varphi^{(q)}(b)] = \sum_k \rho^k \varphi^{(p)}_k \varphi^{(q)}_k$, by Horner's rule."""
    largest = jnp.sqrt(rows.variance[0])[:, None] * jnp.sqrt(cols.variance[0])
    correlation = jnp.where(largest > 0, covariance / jnp.where(largest > 0, largest, 1.0), 0.0)
    correlation = jnp.clip(correlation, -1.0, 1.0)
    of_row, of_col = (np.array(orders) for orders in zip(*needed, strict=True))
    left, right = rows.hermite[:, of_row, :, None], cols.hermite[:, of_col, None, :]
    last = len(rows.hermite) - 1

    def step(k: Int[Array, ""], total: Float[Array, "orders row col"]) -> Float[Array, "orders row col"]:
        return total * correlation + left[last - k] * right[last - k]

    start = jnp.zeros((len(needed), *covariance.shape), covariance.dtype)
    return jax.lax.fori_loop(0, last + 1, step, start)


def _powers(covariance: Bijet) -> list[Bijet]:
    """The powers of the covariance less its value, from the first on, as long as they are not zero."""
    first = covariance.nilpotent()
    powers = [first] if covariance.rows.order + covariance.cols.order else []
    for _ in range(covariance.rows.order + covariance.cols.order - 1):
        powers.append(powers[-1] * first)
    return powers


def _composed(
    rows: Preactivation,
    cols: Preactivation,
    covariance: Bijet,
    moments: Mapping[_Orders, Float[Array, "row col"]],
    powers: Sequence[Bijet],
    slope: int,
) -> Bijet:
    """The Taylor sum in the three nilpotent parts, those of the variances by Horner's rule."""
    m, n = covariance.rows.order, covariance.cols.order
    left, right = rows.variance.at[0].set(0), cols.variance.at[0].set(0)

    def coefficient(i: int, k: int) -> Bijet:
        scale = 1 / (2 ** (i + k) * math.factorial(i) * math.factorial(k))
        first, *others = (
            scale / math.factorial(j) * moments[2 * i + j + slope, 2 * k + j + slope] for j in range(m - i + n - k + 1)
        )
        start = bijets.constant(covariance, 0.0).coefficients.at[0].set(first)
        terms = (moment * power.coefficients for moment, power in zip(others, powers, strict=False))
        return Bijet(covariance.rows, covariance.cols, functools.reduce(jnp.add, terms, start))

    def of_row(i: int) -> Bijet:
        return functools.reduce(
            lambda total, k: total.times("col", right) + coefficient(i, k), range(n - 1, -1, -1), coefficient(i, n)
        )

    return functools.reduce(lambda total, i: total.times("row", left) + of_row(i), range(m - 1, -1, -1), of_row(m))
