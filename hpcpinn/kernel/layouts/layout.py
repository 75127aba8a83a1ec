"""What the assembly of a kernel asks of a layout, and the blocks it gets back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Shaped

from hpcpinn.model.networks.network import Params
from hpcpinn.plan.panels import Panel, Shape

Points = Float[np.ndarray, "panel strip row coordinate"]


@dataclass(frozen=True)
class Tile:
    """A tile on or above the diagonal, for every network and every part that was asked for."""

    rows: range
    cols: range
    values: Shaped[np.ndarray, "network part row col"]


Block = Shaped[np.ndarray, "seed part row col"]


@runtime_checkable
class Pending(Protocol):
    """Blocks that devices may still be working on."""

    def blocks(self) -> Iterator[tuple[int, int, Block]]:
        """Wait for them and read them: places of row panel and column panel in their groups, and the block."""
        ...


@runtime_checkable
class Layout(Protocol):
    """A way of dealing out the work on one kernel, or on the kernels of several seeds."""

    @property
    def group(self) -> int:
        """How many panels of one term are worked on at once."""
        ...

    def factors(self, term: str, x: Points) -> Any:
        """The factors of a group of panels; they stay on the devices."""
        ...

    def blocks(self, rows: Any, cols: Any, same: bool) -> Iterable[Pending]:
        """The blocks between two groups of panels; of a group with itself, those on and above the diagonal."""
        ...


def dtype_of(params: Params) -> np.dtype:
    """The precision in which a kernel is computed: that of the parameters."""
    return np.dtype(params["output"]["weight"].dtype)


def panels_of(group: Sequence[np.ndarray], size: int) -> Points:
    """A group as one array; a group that is not full repeats its last panel, whose blocks nobody reads."""
    missing = size - len(group)
    return np.stack([*group, *[group[-1]] * missing])


def strips_of(
    x: Float[np.ndarray, "point coordinate"], panel: Panel, shape: Shape
) -> Float[np.ndarray, "strip row coordinate"]:
    """The points of a panel in strips; a short panel repeats its last point, whose rows nobody reads."""
    part = np.asarray(x)[panel.points.start : panel.points.stop]
    filled = np.concatenate([part, np.repeat(part[-1:], shape.size - len(part), axis=0)])
    return filled.reshape(shape.strips, shape.rows, -1)
