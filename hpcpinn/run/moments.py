"""Traces and Frobenius norms of kernels that are seen one tile at a time."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Shaped

from hpcpinn.kernel import blocks
from hpcpinn.kernel.layouts.layout import Tile


class Moments:
    r"""Sums over the entries of every block: $\sum_i K_{ii}$ and $\sum_{ij} K_{ij}^2$, in float64.

    A tile above the diagonal counts twice, for its mirror image.
    """

    def __init__(self, counts: Mapping[str, int], networks: int) -> None:
        """Begin with nothing seen of kernels with so many rows per term."""
        self._extents = tuple(blocks.extents(counts).values())
        self.trace = np.zeros((networks, len(self._extents)))
        self._squares = np.zeros((networks, len(self._extents)))

    def add(self, tile: Tile) -> None:
        """Take in one tile of every kernel."""
        total = tile.values[:, 0].astype(np.float64)
        for block, rows in enumerate(self._extents):
            part = total[:, _inside(rows, tile.rows), _inside(rows, tile.cols)]
            if tile.rows == tile.cols:
                self.trace[:, block] += np.trace(part, axis1=1, axis2=2)
                self._squares[:, block] += (part**2).sum(axis=(1, 2))
            else:
                self._squares[:, block] += 2 * (part**2).sum(axis=(1, 2))

    @property
    def frobenius_norm(self) -> Float[np.ndarray, "network block"]:
        """The norms so far."""
        return np.sqrt(self._squares)


def distance(now: Shaped[np.ndarray, "network row col"], then: Shaped[np.ndarray, "network row col"]) -> np.ndarray:
    """Sums of squared differences of two tiles, one per network, in float64."""
    return ((now.astype(np.float64) - then) ** 2).sum(axis=(1, 2))


def _inside(block: range, tile: range) -> slice:
    """Positions inside a tile that belong to a block."""
    start, stop = max(block.start, tile.start), min(block.stop, tile.stop)
    return slice(start - tile.start, max(stop, start) - tile.start)
