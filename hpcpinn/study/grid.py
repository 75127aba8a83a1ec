"""The grid of a study: the cells that its axes span, in row-major order."""

import itertools
import math
from collections.abc import Iterator, Sequence

from hpcpinn.study.axes import Axis
from hpcpinn.study.configuration import Scalar

Cell = tuple[int, ...]  # one position per axis


def shape(axes: Sequence[Axis]) -> tuple[int, ...]:
    """The length of every axis."""
    return tuple(len(axis.values) for axis in axes)


def size(axes: Sequence[Axis]) -> int:
    """The number of cells."""
    return math.prod(shape(axes))


def cells(axes: Sequence[Axis]) -> Iterator[Cell]:
    """Every cell once; the last axis varies fastest."""
    return itertools.product(*map(range, shape(axes)))


def values(axes: Sequence[Axis], cell: Cell) -> dict[str, Scalar]:
    """The value of every axis at a cell, by key.

    Raises:
        IndexError: the cell is not one of the grid.
    """
    extent = shape(axes)
    if len(cell) != len(extent) or not all(0 <= at < length for at, length in zip(cell, extent, strict=True)):
        raise IndexError(f"cell {cell} is not in a grid of shape {extent}: positions count from 0.")
    return {axis.key: axis.values[at] for axis, at in zip(axes, cell, strict=True)}
