r"""The kernel, tile by tile.

Tiles on and above the diagonal are computed, those below are their transposes, and so are the entries below the
diagonal of a diagonal tile: the kernel is symmetric to the last bit. A tile is made of blocks between panels. Factors
of a panel are computed once while they fit into a budget, and anew for every row of tiles beyond it, so that memory is
bounded by the tile, the width and the budget, whatever the number of rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Shaped

from hpcpinn.kernel import case as cases
from hpcpinn.kernel import ensembles
from hpcpinn.kernel.devices import Devices
from hpcpinn.kernel.layouts import fused
from hpcpinn.kernel.layouts.layout import Layout, Tile, panels_of, strips_of
from hpcpinn.kernel.layouts.seeds import Seeds
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.plan import panels as cut
from hpcpinn.plan.memory import FACTOR_BUDGET
from hpcpinn.plan.panels import Panel

DEFAULT_TILE = 1024


def ntk(
    problem: Problem,
    network: Network,
    params: Params,
    points: Points,
    tile: int = DEFAULT_TILE,
    devices: Devices | None = None,
) -> Float[np.ndarray, "row row"]:
    """The kernel of all terms at all points, in the precision of `params`; rows in the order of `points.labels`.

    Args:
        problem: the terms.
        network: the description of the network.
        params: its parameters.
        points: where the terms are evaluated.
        tile: rows of a tile.
        devices: those that share the work; all that there are by default.
    """
    counts = points.counts
    alone = ensembles.ensemble(problem, network, counts, 1, devices)
    layout = alone.layout(cases.case(problem, network, counts), alone.alone(params))
    return whole(tiles(layout, points, tile), len(points.all), part=0)[0]


def whole(parts: Iterator[Tile], size: int, part: int) -> Shaped[np.ndarray, "network row row"]:
    """Put the tiles of one part together, with their mirror images."""
    kernel = None
    for tile in parts:
        values = tile.values[:, part]
        if kernel is None:
            kernel = np.empty((len(values), size, size), values.dtype)
        rows, cols = slice(tile.rows.start, tile.rows.stop), slice(tile.cols.start, tile.cols.stop)
        kernel[:, rows, cols] = values
        if rows != cols:
            kernel[:, cols, rows] = values.swapaxes(1, 2)
    if kernel is None:
        raise ValueError("a kernel without rows")
    return kernel


def tiles(layout: Layout, points: Points, tile: int, budget: int = FACTOR_BUDGET) -> Iterator[Tile]:
    """The tiles on and above the diagonal, row by row.

    Args:
        layout: the networks, and how the work on them is dealt out to devices.
        points: where the terms are evaluated.
        tile: rows of a tile.
        budget: bytes of factors that are kept for later rows of tiles.
    """
    of_tiles = cut.panels(points.counts, tile)
    if isinstance(layout, Seeds) and fused.fits(of_tiles):
        yield fused.tile(layout, points, of_tiles[0])
        return
    source = _Factors(layout, points, of_tiles, budget)
    for row in range(source.count):
        left = source.groups(row)
        yield Tile(source.rows(row), source.rows(row), _mirrored(_values(layout, left, left)))
        for col in range(row + 1, source.count):
            yield Tile(source.rows(row), source.rows(col), _values(layout, left, source.groups(col)))
        source.forget(row)


def _values(
    layout: Layout, lefts: Sequence["_Group"], rights: Sequence["_Group"]
) -> Shaped[np.ndarray, "seed part row col"]:
    """A tile from the factors of its rows and columns; of a diagonal one, what is on and above the diagonal."""
    pairs = [(left, right) for k, left in enumerate(lefts) for right in (rights[k:] if lefts is rights else rights)]
    pending = [list(layout.blocks(left.factors, right.factors, left is right)) for left, right in pairs]
    rows, cols = _extent(lefts), _extent(rights)
    values = None
    for (left, right), waiting in zip(pairs, pending, strict=True):
        for i, j, block in (found for blocks in waiting for found in blocks.blocks()):
            if i < len(left.panels) and j < len(right.panels):
                if values is None:
                    values = np.zeros((*block.shape[:2], len(rows), len(cols)), block.dtype)
                _place(values, left.panels[i], right.panels[j], rows, cols, block)
    if values is None:
        raise ValueError("a tile without panels")
    return values


def _extent(groups: Sequence["_Group"]) -> range:
    return range(groups[0].panels[0].rows.start, groups[-1].panels[-1].rows.stop)


def _place(values: np.ndarray, left: Panel, right: Panel, rows: range, cols: range, block: np.ndarray) -> None:
    down = slice(left.rows.start - rows.start, left.rows.stop - rows.start)
    across = slice(right.rows.start - cols.start, right.rows.stop - cols.start)
    values[..., down, across] = block[..., : len(left.rows), : len(right.rows)]


def _mirrored(values: Shaped[np.ndarray, "... row row"]) -> Shaped[np.ndarray, "... row row"]:
    return np.triu(values) + np.triu(values, 1).swapaxes(-1, -2)


@dataclass(frozen=True)
class _Group:
    """Panels of one term that are worked on at once, and their factors."""

    panels: Sequence[Panel]
    factors: Any


class _Factors:
    """The factors of every tile: kept while they fit, computed again where they do not."""

    def __init__(self, layout: Layout, points: Points, of_tiles: Sequence[Sequence[Panel]], budget: int) -> None:
        self._layout = layout
        self._points = points
        self._tiles = of_tiles
        self._shapes = cut.shapes(of_tiles)
        self._left = budget
        self._kept: dict[int, list[_Group]] = {}

    @property
    def count(self) -> int:
        """How many tiles the rows have."""
        return len(self._tiles)

    def rows(self, tile: int) -> range:
        """The rows of a tile."""
        return range(self._tiles[tile][0].rows.start, self._tiles[tile][-1].rows.stop)

    def groups(self, tile: int) -> list[_Group]:
        """The factors of a tile, in groups of panels."""
        if tile in self._kept:
            return self._kept[tile]
        groups = list(self._computed(tile))
        if _bytes(groups) <= self._left:
            self._kept[tile] = groups
            self._left -= _bytes(groups)
        return groups

    def forget(self, tile: int) -> None:
        """Drop the factors of a tile that no later one needs."""
        self._left += _bytes(self._kept.pop(tile, []))

    def _computed(self, tile: int) -> Iterator[_Group]:
        for panels in _grouped(self._tiles[tile], self._layout.group):
            term = panels[0].term
            x = [strips_of(self._points[term], panel, self._shapes[term]) for panel in panels]
            yield _Group(panels, self._layout.factors(term, panels_of(x, self._layout.group)))


def _bytes(groups: Sequence[_Group]) -> int:
    return sum(leaf.nbytes for group in groups for leaf in jax.tree.leaves(group.factors))


def _grouped(panels: Sequence[Panel], size: int) -> Iterator[Sequence[Panel]]:
    for term in dict.fromkeys(panel.term for panel in panels):
        of_term = [panel for panel in panels if panel.term == term]
        for start in range(0, len(of_term), size):
            yield of_term[start : start + size]
