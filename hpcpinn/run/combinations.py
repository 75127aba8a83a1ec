"""Cells that stand for others: most of a study's cells have the same problem, or the same points."""

from collections.abc import Iterator
from itertools import product

from hpcpinn.study.study import Study


def first_cells(study: Study, *sections: str) -> Iterator[tuple[int, ...]]:
    """The first cell of every combination of the swept keys of these sections, row-major."""
    prefixes = tuple(f"{section}." for section in sections)
    axes = study.cell_axes
    yield from product(*(range(len(axis.values)) if axis.key.startswith(prefixes) else (0,) for axis in axes))
