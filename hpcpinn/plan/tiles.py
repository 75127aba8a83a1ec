"""Fixed tiles of the kernel's rows.

The decomposition depends on the number of rows and the tile alone, never on the devices, so that results are the same
bits on any machine. One tile is one chunk of the store.
"""

from collections.abc import Iterator, Sequence


def tiles(rows: int, tile: int) -> tuple[range, ...]:
    """Cut `range(rows)` into consecutive ranges of `tile` rows; the last one may be shorter.

    >>> tiles(5, 2)
    (range(0, 2), range(2, 4), range(4, 5))
    """
    if rows < 0 or tile < 1:
        raise ValueError(f"rows = {rows} and tile = {tile}; rows have to be >= 0 and a tile >= 1")
    return tuple(range(start, min(start + tile, rows)) for start in range(0, rows, tile))


def upper(pieces: Sequence[range]) -> Iterator[tuple[range, range]]:
    """Pairs of tiles on and above the diagonal, row by row: K is symmetric, the others are their mirror images.

    >>> list(upper(tiles(3, 2)))
    [(range(0, 2), range(0, 2)), (range(0, 2), range(2, 3)), (range(2, 3), range(2, 3))]
    """
    for index, row in enumerate(pieces):
        for col in pieces[index:]:
            yield row, col
