"""Kernels on their way to the store: every tile is written as soon as it is computed, with its mirror image."""

from collections.abc import Iterator, Sequence

import numpy as np

from hpcpinn.kernel.case import TOTAL
from hpcpinn.kernel.layouts.layout import Tile
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.plan.variables import Variable
from hpcpinn.store import regions
from hpcpinn.store.store import Store

_KERNEL = "kernel"
_LAYERS = "layer_kernel"


class Kernels:
    """The kernels of a task that the study keeps.

    Attributes:
        files: the chunk files written so far.
    """

    def __init__(self, store: Store, plan: Plan, task: Task, files: list[str]) -> None:
        """Write nothing yet; the names of what is written are added to `files`."""
        self.files = files
        self._store, self._plan, self._task = store, plan, task

    def keep(self, positions: range, parts: Sequence[str], step: int, tile: Tile) -> None:
        """Write a tile of the kernels of the runs at these positions of the seed axis, part by part."""
        for position, values in zip(positions, tile.values, strict=True):
            here = {"seed": _one(position), "step": _one(step)}
            for part, block in zip(parts, values, strict=True):
                self._keep(part, here, tile, block)
            for missing in set(self._plan.layers) - set(parts):
                self._keep(missing, here, tile, np.full_like(values[0], np.nan))

    def _keep(self, part: str, here: dict[str, range], tile: Tile, block: np.ndarray) -> None:
        variable = self._plan.variable(_KERNEL if part == TOTAL else _LAYERS)
        if variable is None:
            return
        if variable.kept_seeds is not None and here["seed"].start >= variable.kept_seeds:
            return
        layer = {} if part == TOTAL else {"layer": _one(self._plan.layers.index(part))}
        self._write(variable, here | layer, tile, block)

    def _write(self, variable: Variable, where: dict[str, range], tile: Tile, values: np.ndarray) -> None:
        for rows, cols, part in _both(tile, values):
            whole = {"row": _chunk(variable, "row", rows), "col": _chunk(variable, "col", cols)}
            block = part[(None,) * len(where)]
            self.files += regions.write_region(
                self._store, self._plan, self._task, {variable.name: block}, where | whole
            )


def _both(tile: Tile, values: np.ndarray) -> Iterator[tuple[range, range, np.ndarray]]:
    yield tile.rows, tile.cols, values
    if tile.rows != tile.cols:
        yield tile.cols, tile.rows, values.T


def _one(position: int) -> range:
    return range(position, position + 1)


def _chunk(variable: Variable, dim: str, rows: range) -> range:
    """The chunk that begins with these rows; where a cell has fewer rows than others its end is filled up."""
    at = variable.dims.index(dim)
    return range(rows.start, min(rows.start + variable.chunks[at], variable.shape[at]))
