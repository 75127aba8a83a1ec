r"""$v \mapsto K v = J (J^\top v)$ without $K$: one reverse and one forward derivative of all rows.

Rows are evaluated in blocks of one size per term, in a fixed order: first $w = \sum_\text{blocks} J_b^\top v_b$, then
$J_b w$. For $P$ parameters, width $N$ and $C$ channels that is about $12\, C P$ FLOPs per row and vector. Memory is
three times the parameters (themselves, $w$ and the share of one block) and about $4 C N$ numbers per layer and row of
one block, whatever the number of rows.
"""

import functools
import math
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.model import evaluation
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem

# At widths 256 and 1024 on two busy cores, blocks of 64 rows ran at 0.85 to 1.1 of the rate of a square matrix product,
# blocks of 512 rows at 0.4 to 0.7.
DEFAULT_BLOCK = 64

_Rows = Callable[[Params, Array], Float[Array, " row"]]


def product(
    problem: Problem,
    network: Network,
    params: Params,
    points: Points,
    v: Float[Array | np.ndarray, "row *vector"],
    block: int = DEFAULT_BLOCK,
) -> Float[Array, "row *vector"]:
    r"""$K v$ for one vector or for the columns of a matrix, in the precision of `params`.

    Rows in the order of `points.labels`; without the points of some terms it is a block of the kernel. Columns are
    multiplied one after the other by the same program, so that memory does not grow with their number. At most `block`
    rows are evaluated together; the last bits depend on it.

    Raises:
        ValueError: a vector with another number of rows than the points.
    """
    rows, dtype = sum(points.counts.values()), params["output"]["weight"].dtype
    if v.shape[0] != rows:
        raise ValueError(f"a vector of {v.shape[0]} rows and a kernel of {rows}; allowed: {rows} rows")
    terms, x = tuple(points.counts), {name: jnp.asarray(points[name], dtype) for name in points.counts}
    columns = jnp.asarray(v, dtype).reshape(rows, -1)
    products = [_product(problem, network, terms, params, x, column, block) for column in columns.T]
    return jnp.stack(products, axis=1).reshape(v.shape)


@functools.partial(jax.jit, static_argnames=("problem", "network", "terms", "block"))
def _product(
    problem: Problem,
    network: Network,
    terms: tuple[str, ...],
    params: Params,
    x: Mapping[str, Array],
    v: Float[Array, " row"],
    block: int,
) -> Float[Array, " row"]:
    blocks = {name: _cut(x[name], block, "edge") for name in terms}
    bounds = np.cumsum([len(x[name]) for name in terms])[:-1]
    parts = dict(zip(terms, jnp.split(v, bounds), strict=True))

    def rows(name: str) -> _Rows:
        return lambda theta, some: evaluation.residuals(
            problem, problem.terms[name], network, network.affine(theta), some
        )

    w = jax.tree.map(jnp.zeros_like, params)
    for name, part in parts.items():
        w = _pull(rows(name), params, blocks[name], _cut(part, block), w)
    pushed = {name: _push(rows(name), params, blocks[name], w) for name in parts}
    return jnp.concatenate([pushed[name][: len(part)] for name, part in parts.items()])


def _pull(
    rows: _Rows, params: Params, x: Float[Array, "block some coordinate"], v: Float[Array, "block some"], w: Params
) -> Params:
    r"""$w + J^\top v$ for the rows of one term."""

    def add(total: Params, one: tuple[Array, Array]) -> tuple[Params, None]:
        some, part = one
        (pulled,) = jax.vjp(lambda theta: rows(theta, some), params)[1](part)
        return jax.tree.map(jnp.add, total, pulled), None

    return jax.lax.scan(add, w, (x, v))[0]


def _push(rows: _Rows, params: Params, x: Float[Array, "block some coordinate"], w: Params) -> Float[Array, " padded"]:
    """$J w$ for the rows of one term."""
    return jax.lax.map(lambda some: jax.jvp(lambda theta: rows(theta, some), (params,), (w,))[1], x).reshape(-1)


def _cut(rows: Float[Array, "row *rest"], block: int, padding: str = "constant") -> Float[Array, "block some *rest"]:
    """Blocks of one size, the smallest that makes no more of them; the last is filled with zeros or with the last row.

    A row is repeated where a term is evaluated, because zero may lie outside of the domain; its entry of v is zero.
    """
    blocks = math.ceil(len(rows) / block)
    size = math.ceil(len(rows) / blocks)
    widths = [(0, blocks * size - len(rows)), *((0, 0) for _ in rows.shape[1:])]
    return jnp.pad(rows, widths, mode=padding).reshape(blocks, size, *rows.shape[1:])
