"""What an infinitely wide network depends on: everything that defines a cell but its width, and how it is trained."""

from collections.abc import Sequence

from hpcpinn.study.axes import Axis

_WITHOUT = ("network.width", "training.", "kernel.")


def limit_places(cell_axes: Sequence[Axis]) -> tuple[int, ...]:
    """Places, among the axes of a cell, of those on which its limit depends; depth is always one of them."""
    return tuple(place for place, axis in enumerate(cell_axes) if not axis.key.startswith(_WITHOUT))
