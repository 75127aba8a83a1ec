"""A study that was read: its axes, and the configuration of each of its cells."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpcpinn.study import grid
from hpcpinn.study.axes import Axis
from hpcpinn.study.configuration import Configuration, Scalar
from hpcpinn.study.extent import Extent, Segments


@dataclass(frozen=True)
class Study:
    """A question, every cell of which is valid; made by `reading.read_study` and `reading.parse_study`.

    `text` is the file as written, with the keys of its preset in it, and `folder` where it lies: a relative problem
    file is found from there. The axes are width, depth, the others sorted by key, and seed. `base` is the document into
    which the values of a cell are put. `preset` is empty where the text names none, as that of a store never does.
    `extent` says where values lie in a store that was made before; without it they lie in the order written.
    """

    name: str
    text: str = field(repr=False)
    folder: Path
    axes: tuple[Axis, ...]
    identity: str
    base: dict[str, Any] = field(repr=False, compare=False)
    preset: str = field(default="", compare=False)
    extent: Extent | None = field(default=None, repr=False)

    @property
    def problem(self) -> str:
        """The problem as the study names it."""
        return self.base["problem"]

    @property
    def cell_axes(self) -> tuple[Axis, ...]:
        """The axes that span the cells: all but seed."""
        return self.axes[:-1]

    @property
    def cell_shape(self) -> tuple[int, ...]:
        """The length of every axis of the cells."""
        return grid.shape(self.cell_axes)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The values of the seed axis."""
        return tuple(int(seed) for seed in self.axes[-1].values)

    @property
    def steps(self) -> tuple[int, ...]:
        """The recorded steps."""
        return (0,) if self.base["training"] is None else tuple(self.base["training"]["record"])

    def seeds_at(self, positions: Iterable[int]) -> tuple[int, ...]:
        """The seeds at positions of the store."""
        seeds = self.extent.seeds if self.extent else Segments(1, (self.seeds,))
        return seeds.at(positions)

    def steps_at(self, positions: Iterable[int]) -> tuple[int, ...]:
        """The recorded steps at positions of the store."""
        steps = self.extent.steps if self.extent else Segments(1, (self.steps,))
        return steps.at(positions)

    def cells(self) -> Iterator[grid.Cell]:
        """The position of every cell on `cell_axes`, row-major."""
        return grid.cells(self.cell_axes)

    def values(self, cell: grid.Cell) -> dict[str, Scalar]:
        """The value of every axis but seed at a cell, by key; raises IndexError outside the grid."""
        return grid.values(self.cell_axes, cell)

    def configuration(self, cell: grid.Cell) -> Configuration:
        """Everything that defines a cell; raises IndexError outside the grid."""
        return Configuration.model_validate(placed(self.base, self.values(cell)))


def placed(document: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, Any]:
    """A copy of a document of tables in which every dotted key has its value."""
    tables = {name: dict(table) if isinstance(table, dict) else table for name, table in document.items()}
    for dotted, value in values.items():
        section, _, key = dotted.partition(".")
        tables[section][key] = value
    return tables
