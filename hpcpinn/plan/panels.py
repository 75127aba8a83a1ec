"""Panels: the rows of one term whose factors are computed together, inside the tiles of the kernel.

A tile is a chunk of the store and may hold rows of several terms; a panel holds rows of one. The cut depends on the
rows and the tile alone, never on devices, seeds or memory: the same products of the same sizes are formed wherever a
kernel is computed, and its bits are the same.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hpcpinn.plan.tiles import tiles

# 128 points of 3 channels fill a matrix product (384 rows ran at 96 % of the rate of a square one, 96 rows at 65 %),
# and with n = 512 the panels on and above the diagonal are 10 of 16.
PANEL = 128
# Panels on the diagonal are cut once more: with two strips 3 of 4 products are left.
STRIP = 64


@dataclass(frozen=True)
class Panel:
    """Consecutive rows of one term.

    Attributes:
        term: name of the term.
        rows: their positions in the kernel.
        points: their positions among the points of the term.
    """

    term: str
    rows: range
    points: range


@dataclass(frozen=True)
class Shape:
    """How the panels of a term are padded, so that one program serves all of them: `strips` times `rows`."""

    strips: int
    rows: int

    @property
    def size(self) -> int:
        """Rows of a padded panel."""
        return self.strips * self.rows


def panels(counts: Mapping[str, int], tile: int) -> tuple[tuple[Panel, ...], ...]:
    """The panels of every tile of a kernel with so many rows per term.

    >>> [[(panel.term, panel.rows) for panel in of_tile] for of_tile in panels({"u": 3, "r": 2}, tile=4)]
    [[('u', range(0, 3)), ('r', range(3, 4))], [('r', range(4, 5))]]
    """
    return tuple(tuple(_inside(counts, of_tile)) for of_tile in tiles(sum(counts.values()), tile))


def _inside(counts: Mapping[str, int], tile: range) -> Iterator[Panel]:
    start = 0
    for term, count in counts.items():
        low, high = max(start, tile.start), min(start + count, tile.stop)
        for part in even(max(high - low, 0), PANEL):
            rows = range(low + part.start, low + part.stop)
            yield Panel(term, rows, range(rows.start - start, rows.stop - start))
        start += count


def even(rows: int, most: int) -> Iterator[range]:
    """As few pieces of at most so many rows as there can be, of nearly the same size, the longest first."""
    pieces = math.ceil(rows / most)
    start = 0
    for piece in range(pieces):
        stop = start + math.ceil((rows - start) / (pieces - piece))
        yield range(start, stop)
        start = stop


def shapes(cut: Sequence[Sequence[Panel]]) -> dict[str, Shape]:
    """The padded shape of the panels of every term: strips of at most 64 rows that hold the longest panel."""
    longest: dict[str, int] = {}
    for panel in (panel for of_tile in cut for panel in of_tile):
        longest[panel.term] = max(longest.get(panel.term, 0), len(panel.rows))
    counts = {term: (rows, math.ceil(rows / STRIP)) for term, rows in longest.items()}
    return {term: Shape(strips, math.ceil(rows / strips)) for term, (rows, strips) in counts.items()}
