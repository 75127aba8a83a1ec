r"""The full kernel of a problem, tile by tile.

Rows are cut into tiles inside each term. Tiles on and above the diagonal are computed, those below are their
transposes, and so are the entries below the diagonal of a diagonal tile: the kernel is symmetric to the last bit.
"""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.factors import Factors
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.plan import tiles

DEFAULT_TILE = 1024


def ntk(
    problem: Problem, network: Network, params: Params, points: Points, tile: int = DEFAULT_TILE
) -> Float[np.ndarray, "row row"]:
    """The kernel of all terms at all points, in the precision of `params`; rows in the order of `points.labels`."""
    blocks = dict(_row_factors(problem, network, params, points, tile))
    size = sum(len(rows) for rows in blocks)
    kernel = np.empty((size, size), params["output"]["weight"].dtype)
    for rows, cols in tiles.upper(list(blocks)):
        upper = np.asarray(gram.tile(network, len(points.coordinates), blocks[rows], blocks[cols]))
        _place(kernel, rows, cols, upper)
    return kernel


def _row_factors(
    problem: Problem, network: Network, params: Params, points: Points, tile: int
) -> Iterator[tuple[range, Factors]]:
    start = 0
    for name, term in problem.terms.items():
        x = jnp.asarray(points[name], params["output"]["weight"].dtype)
        for part in tiles.tiles(len(x), tile):
            rows = factors.factors(problem, term, network, params, x[part.start : part.stop])
            yield range(start + part.start, start + part.stop), rows
        start += len(x)


def _place(kernel: Float[np.ndarray, "row row"], rows: range, cols: range, tile: Float[np.ndarray, "r c"]) -> None:
    if rows == cols:
        tile = np.triu(tile) + np.triu(tile, 1).T
    kernel[rows.start : rows.stop, cols.start : cols.stop] = tile
    kernel[cols.start : cols.stop, rows.start : rows.stop] = tile.T
