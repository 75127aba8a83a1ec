"""One array of the hypercube, and which part of it belongs to a task.

A task owns whole chunks: two writers in one chunk lose data silently, and no lock of a parallel file system is safe
enough to prevent it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from hpcpinn.plan.tasks import Task

ITEMSIZE = {"float64": 8, "float32": 4, "uint64": 8, "int64": 8, "bool": 1, "string": 16}


@dataclass(frozen=True)
class Variable:
    """One labelled array.

    Attributes:
        name: its name in the store.
        dims: names of its dimensions. For a variable that tasks write: the axes of the sweep, seed last, then the rest.
        shape: length of each dimension.
        chunks: length of a chunk along each dimension.
        dtype: "float64", "float32", "int64", "uint64", "bool" or "string".
        attrs: units, long_name and formula, as they stand in the store.
        kept_seeds: how many leading positions of the seed axis are ever written; None for all.
        places: where it depends on some of the cell's axes only and on no seed, which ones; None for all of them.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: str
    attrs: dict[str, str] = field(default_factory=dict)
    kept_seeds: int | None = None
    places: tuple[int, ...] | None = None

    @property
    def itemsize(self) -> int:
        """Bytes of one entry."""
        return ITEMSIZE[self.dtype]

    @property
    def chunk_count(self) -> int:
        """Chunks, that is files, of the whole array."""
        return math.prod(math.ceil(size / chunk) for size, chunk in zip(self.shape, self.chunks, strict=True))


Region = tuple[range, ...]
STEP = "step"


def owned(variable: Variable, task: Task) -> Region:
    """The positions along every dimension that the task, and no other, writes; some are empty if it writes none.

    What does not depend on the seed, on the step, or on an axis, belongs to the task at the first position there.
    """
    if variable.places is not None:
        return _shared(variable, variable.places, task)
    if not task.is_first and STEP not in variable.dims:
        return _nothing(variable)
    cells = len(task.cell)
    start, stop = task.seeds
    kept = variable.shape[cells] if variable.kept_seeds is None else variable.kept_seeds
    seeds = range(min(start, kept), min(stop, kept))
    after = zip(variable.dims[cells + 1 :], variable.shape[cells + 1 :], strict=True)
    rest = (range(*task.steps) if dim == STEP else range(size) for dim, size in after)
    return (*(range(place, place + 1) for place in task.cell), seeds, *rest)


def _shared(variable: Variable, places: tuple[int, ...], task: Task) -> Region:
    others = (at for place, at in enumerate(task.cell) if place not in places)
    if task.seeds[0] or not task.is_first or any(others):
        return _nothing(variable)
    here = (range(task.cell[place], task.cell[place] + 1) for place in places)
    return (*here, *(range(size) for size in variable.shape[len(places) :]))


def _nothing(variable: Variable) -> Region:
    return tuple(range(0) for _ in variable.dims)


def chunks(variable: Variable, region: Region) -> Iterator[tuple[int, ...]]:
    """Grid positions of the chunks that the region touches."""
    touched = (
        range(part.start // chunk, math.ceil(part.stop / chunk)) if part else range(0)
        for part, chunk in zip(region, variable.chunks, strict=True)
    )
    return product(*touched)


def is_aligned(variable: Variable, region: Region, whole: Region | None = None) -> bool:
    """Whether the region consists of whole chunks.

    The last chunk along a dimension ends with the array, or with what its owner has: a gap follows it.
    """
    ends = variable.shape if whole is None else [part.stop for part in whole]
    return all(
        part.start % chunk == 0 and (part.stop % chunk == 0 or part.stop == end)
        for part, chunk, end in zip(region, variable.chunks, ends, strict=True)
    )
