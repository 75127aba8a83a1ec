"""Where the values of a study lie in its store: positions that never move, however often the study is extended."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = bool | int | float | str


@dataclass(frozen=True)
class Segments:
    """The values of a dimension that tasks share in chunks; every extension is a segment of its own.

    A segment begins at a multiple of the chunk length, so that no chunk has values of two segments. What lies between
    the end of one segment and the beginning of the next is a gap, which holds nothing.

    Attributes:
        chunk: length of a chunk, which stays what it was when the store was made.
        parts: the values of every segment.
    """

    chunk: int
    parts: tuple[tuple[int, ...], ...]

    @property
    def starts(self) -> tuple[int, ...]:
        """Position at which every segment begins.

        >>> Segments(4, ((0, 1, 2, 3, 4), (5,), (6,))).starts
        (0, 8, 12)
        """
        starts = [0]
        for part in self.parts[:-1]:
            starts.append(math.ceil((starts[-1] + len(part)) / self.chunk) * self.chunk)
        return tuple(starts)

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Positions [start, stop) of every segment."""
        return tuple((start, start + len(part)) for start, part in zip(self.starts, self.parts, strict=True))

    @property
    def size(self) -> int:
        """Positions, gaps included."""
        return self.spans[-1][1]

    @property
    def values(self) -> tuple[int, ...]:
        """All values, in the order of their positions."""
        return tuple(value for part in self.parts for value in part)

    @property
    def positions(self) -> tuple[int, ...]:
        """The position of every value."""
        return tuple(position for span in self.spans for position in range(*span))

    def padded(self, gap: int) -> tuple[int, ...]:
        """The value at every position, and `gap` where there is none.

        >>> Segments(2, ((0, 1, 2), (3,))).padded(-1)
        (0, 1, 2, -1, 3)
        """
        values = [gap] * self.size
        for position, value in zip(self.positions, self.values, strict=True):
            values[position] = value
        return tuple(values)

    def at(self, positions: Iterable[int]) -> tuple[int, ...]:
        """The values at some positions; raises KeyError for a gap."""
        known = dict(zip(self.positions, self.values, strict=True))
        return tuple(known[position] for position in positions)

    def extended(self, values: Iterable[int]) -> "Segments":
        """These segments, and one more of the values that they do not have; themselves if there is none."""
        known = set(self.values)
        new = tuple(value for value in values if value not in known)
        return Segments(self.chunk, (*self.parts, new)) if new else self


@dataclass(frozen=True)
class Extent:
    """What a store has room for.

    Attributes:
        axes: every axis but seed by its key, with its values in the order of their positions.
        seeds: the seeds.
        steps: the recorded steps.
        order: positions of every axis, seed last, in the order in which the dataset shows them.
    """

    axes: tuple[tuple[str, tuple[Value, ...]], ...]
    seeds: Segments
    steps: Segments
    order: tuple[tuple[int, ...], ...]

    def continues(self, other: "Extent") -> bool:
        """Whether everything in another extent has its position here too."""
        pairs = zip(self.axes, other.axes, strict=False)
        return (
            [key for key, _ in self.axes] == [key for key, _ in other.axes]
            and all(_begins(mine, theirs) for (_, mine), (_, theirs) in pairs)
            and all(
                mine.chunk == theirs.chunk and _begins(mine.parts, theirs.parts)
                for mine, theirs in ((self.seeds, other.seeds), (self.steps, other.steps))
            )
        )

    def lengths(self) -> Iterator[int]:
        """Positions along every axis, seed last."""
        yield from (len(values) for _, values in self.axes)
        yield self.seeds.size


def to_data(extent: Extent) -> dict[str, Any]:
    """Plain data that JSON can hold."""
    return {
        "axes": extent.axes,
        "seeds": {"chunk": extent.seeds.chunk, "parts": extent.seeds.parts},
        "steps": {"chunk": extent.steps.chunk, "parts": extent.steps.parts},
        "order": extent.order,
    }


def from_data(data: Mapping[str, Any]) -> Extent:
    """The extent of plain data as `to_data` makes them, read from JSON or not."""
    seeds, steps = (
        Segments(data[name]["chunk"], tuple(map(tuple, data[name]["parts"]))) for name in ("seeds", "steps")
    )
    axes = tuple((key, tuple(values)) for key, values in data["axes"])
    return Extent(axes, seeds, steps, tuple(map(tuple, data["order"])))


def _begins(longer: tuple[Any, ...], shorter: tuple[Any, ...]) -> bool:
    return longer[: len(shorter)] == shorter
