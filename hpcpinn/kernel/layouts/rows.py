r"""Rows over devices: every device holds the factors of its own panels, and the factors of the others come by.

Of $D$ panels, one per device, device $p$ forms the blocks with panels $p, p + 1, \ldots$ (mod $D$): by symmetry
$\lfloor D/2 \rfloor + 1$ of them when rows and columns are the same group, all $D$ otherwise. Column factors are passed
around a ring, which needs memory for one visitor, or gathered once, which needs memory for $D$ of them. Which one
changes no bit, and neither does $D$: a block is the same product of the same panels, formed with the earlier panel as
its rows, by a program that does nothing else. (In one program with the exchange, sums were contracted in other ways,
and last bits depended on $D$.)
"""

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.case import Case
from hpcpinn.kernel.devices import AXIS, Body, Devices
from hpcpinn.kernel.factors import Factors
from hpcpinn.kernel.layouts.layout import Block, Points, dtype_of
from hpcpinn.model.networks.network import Params

Exchange = Literal["ring", "gather"]


@runtime_checkable
class Source(Protocol):
    """Where the factors of a group of panels come from."""

    def factors(self, term: str, x: Points) -> Any:
        """The factors of one panel on every device."""
        ...


@dataclass(frozen=True)
class Replicated:
    """Factors from weights that every device holds.

    Attributes:
        case: what the kernel is of.
        devices: one panel for each.
        params: of one network, put on all devices by `devices.share`.
    """

    case: Case
    devices: Devices
    params: Params

    def factors(self, term: str, x: Points) -> Any:
        """Every device does its own panel."""
        return _factors(self.devices, self.case, term)(self.params, self.devices.split(x))


@dataclass(frozen=True)
class Place:
    """Where a block belongs: row panel and column panel inside their groups, and the device that has formed it."""

    row: int
    col: int
    device: int


@dataclass(frozen=True)
class Round:
    """One block from every device."""

    devices: Devices
    array: jax.Array
    places: tuple[Place, ...]

    def blocks(self) -> Iterator[tuple[int, int, Block]]:
        """Wait for the blocks and read those that are wanted."""
        values = self.devices.gather(self.array)
        for place in self.places:
            yield place.row, place.col, values[place.device][None]


@dataclass(frozen=True)
class Rows:
    """One kernel, its panels dealt out to devices.

    Attributes:
        case: what the kernel is of.
        devices: one panel for each at a time.
        source: where factors come from.
        exchange: "ring" or "gather".
    """

    case: Case
    devices: Devices
    source: Source
    exchange: Exchange = "ring"

    @property
    def group(self) -> int:
        """One panel per device."""
        return len(self.devices)

    def factors(self, term: str, x: Points) -> Any:
        """The factors of one panel on every device."""
        return self.source.factors(term, x)

    def blocks(self, rows: Any, cols: Any, same: bool) -> Iterator[Round]:
        """All pairs of the two groups, those on and above the diagonal when they are the same."""
        visitors = _EXCHANGES[self.exchange](self.devices, cols)
        for step in range(self.group // 2 + 1 if same else self.group):
            visitor = next(visitors) if step else cols
            yield Round(self.devices, self._block(rows, visitor, same, step), _places(self.group, same, step))

    def _block(self, rows: Any, visitor: Any, same: bool, step: int) -> jax.Array:
        if same and step == 0:
            return _diagonal(self.devices, self.case)((), rows)
        if same:
            rows, visitor = _ordered(self.devices)(np.int32(step), (rows, visitor))
        return _pair(self.devices, self.case)((), (rows, visitor))


@functools.lru_cache(maxsize=256)
def _factors(devices: Devices, case: Case, term: str) -> Body:
    def body(params: Params, x: Float[Array, "strip row coordinate"]) -> Factors:
        return factors.factors(case, term, params, x.astype(dtype_of(params)))

    return devices.program(body)


@functools.lru_cache(maxsize=256)
def _diagonal(devices: Devices, case: Case) -> Body:
    return devices.program(lambda _, panel: gram.diagonal(case, panel))


@functools.lru_cache(maxsize=256)
def _pair(devices: Devices, case: Case) -> Body:
    return devices.program(lambda _, panels: gram.pair(case, *panels))


@functools.lru_cache(maxsize=8)
def _ordered(devices: Devices) -> Body:
    """Own panel and visitor of one group, the earlier one first."""

    def body(step: Int[Array, ""], panels: tuple[Factors, Factors]) -> tuple[Factors, Factors]:
        is_first = jax.lax.axis_index(AXIS) + step < len(devices)
        rows = jax.tree.map(lambda own, visitor: jnp.where(is_first, own, visitor), *panels)
        cols = jax.tree.map(lambda own, visitor: jnp.where(is_first, visitor, own), *panels)
        return rows, cols

    return devices.program(body)


def _ring(devices: Devices, cols: Any) -> Iterator[Any]:
    """Visitors passed on from device to device."""
    while True:
        cols = _passed_on(devices)((), cols)
        yield cols


@functools.lru_cache(maxsize=8)
def _passed_on(devices: Devices) -> Body:
    towards = [(k, (k - 1) % len(devices)) for k in range(len(devices))]
    return devices.exchange(lambda _, panel: jax.lax.ppermute(panel, AXIS, towards))


def _gather(devices: Devices, cols: Any) -> Iterator[Any]:
    """Visitors from a copy of all panels on every device."""
    everyone = _everyone(devices)((), cols)
    for step in itertools.count(1):
        yield _one_of(devices)(np.int32(step), everyone)


@functools.lru_cache(maxsize=8)
def _everyone(devices: Devices) -> Body:
    return devices.exchange(lambda _, panel: jax.lax.all_gather(panel, AXIS))


@functools.lru_cache(maxsize=8)
def _one_of(devices: Devices) -> Body:
    def body(step: Int[Array, ""], everyone: Factors) -> Factors:
        which = (jax.lax.axis_index(AXIS) + step) % len(devices)
        return jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, which, keepdims=False), everyone)

    return devices.program(body)


_EXCHANGES: dict[str, Callable[[Devices, Any], Iterator[Any]]] = {"ring": _ring, "gather": _gather}


@functools.lru_cache(maxsize=256)
def _places(count: int, same: bool, step: int) -> tuple[Place, ...]:
    """Which block every device has formed; of a pair that two devices have formed, the first one's."""
    pairs = [(device, (device + step) % count) for device in range(count)]
    if not same:
        return tuple(Place(row, col, device) for device, (row, col) in enumerate(pairs))
    found: dict[tuple[int, int], Place] = {}
    for device, pair in enumerate(pairs):
        row, col = sorted(pair)
        found.setdefault((row, col), Place(row, col, device))
    return tuple(found.values())
