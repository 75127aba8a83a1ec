"""How many rows each term has, at every combination of the swept `points.*` keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from hpcpinn.errors import StudyError, nearest
from hpcpinn.plan.outline import Outline
from hpcpinn.study.axes import Axis
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class PointCell:
    """One combination of the swept `points.*` keys.

    Attributes:
        index: position along the points axes; `()` when none is swept.
        cell: the first cell of the sweep with these points.
        counts: rows of each term, in the order of the problem's terms.
    """

    index: tuple[int, ...]
    cell: tuple[int, ...]
    counts: dict[str, int]

    @property
    def rows(self) -> int:
        """Rows of the kernel: the sum over terms."""
        return sum(self.counts.values())


def point_positions(cell_axes: Sequence[Axis]) -> tuple[int, ...]:
    """Positions, among the axes of a cell, of those that change the points."""
    return tuple(place for place, axis in enumerate(cell_axes) if axis.key.startswith("points."))


def point_cells(study: Study, outline: Outline) -> tuple[PointCell, ...]:
    """Every combination of points of the study, row-major.

    Raises:
        StudyError: a term has no points, or points are given for a term that does not exist.
    """
    return tuple(
        PointCell(index, cell, _counts(study, cell, outline)) for index, cell in _combinations(study.cell_axes)
    )


def _combinations(cell_axes: Sequence[Axis]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    swept = point_positions(cell_axes)
    for cell in product(*(range(len(axis.values)) if place in swept else (0,) for place, axis in enumerate(cell_axes))):
        yield tuple(cell[place] for place in swept), cell


def _counts(study: Study, cell: tuple[int, ...], outline: Outline) -> dict[str, int]:
    configuration = study.configuration(cell)
    given = configuration.points.counts
    for name in given:
        if name not in outline.channels:
            raise StudyError(
                f"`points.{name}` gives points to `{name}`, which is no term of the problem `{configuration.problem}`; "
                f"{nearest(name, outline.terms)}"
            )
    for name in outline.terms:
        if name not in given:
            raise StudyError(
                f"the term `{name}` of the problem `{configuration.problem}` has no points; every term needs some: "
                f"{', '.join(outline.terms)}. Write `{name} = 32`, say, under [points]."
            )
    return {name: given[name] for name in outline.terms}
