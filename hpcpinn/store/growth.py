"""Arrays, labels and the list of tasks follow the newest record of what a store holds.

Every step may be repeated, nothing shrinks, and values keep their positions: the next run does what a killed one has
left. Nobody waits for this: writers and readers of hpcpinn take the lengths of arrays from plan and record (`arrays.
ending`), and the lengths on the disk are for readers that know nothing but zarr.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcpinn.plan.plan import Plan
from hpcpinn.plan.variables import Variable
from hpcpinn.store import disk, roll
from hpcpinn.store.labels import label_values
from hpcpinn.store.store import Store

if TYPE_CHECKING:
    import zarr


def follow(store: Store, plan: Plan, coordinates: Mapping[str, np.ndarray]) -> None:
    """Make room for everything in a plan, label it, and list its tasks; nothing is written where this is so already.

    Raises:
        StoreError: the disk refuses; the next run goes on from there.
    """
    with disk.reported(store.path):
        for variable in plan.variables:
            _grow(store.array(variable.name), variable.shape)
        values = label_values(plan, coordinates)
        for variable in plan.coordinates:
            _label(store, variable, values[variable.name])
        _list(store, plan)


def _grow(array: "zarr.Array", shape: Sequence[int]) -> None:
    """One file that is replaced; chunks stay as they are."""
    larger = tuple(map(max, array.shape, shape))
    if larger != array.shape:
        array.resize(larger)


def _label(store: Store, variable: Variable, values: np.ndarray) -> None:
    array = store.array(variable.name)
    _grow(array, variable.shape)
    here = tuple(slice(size) for size in variable.shape)
    if not _same(np.asarray(array[here]), values):
        array[here] = values


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    numbers = one.dtype.kind == "f"
    return bool(np.array_equal(one, other, equal_nan=True)) if numbers else _plain(one) == _plain(other)


def _plain(values: np.ndarray) -> Any:
    return values.tolist()


def _list(store: Store, plan: Plan) -> None:
    """A list with more tasks belongs to an extension after this one."""
    if not set(plan.tasks) <= roll.read(store.path).keys():
        roll.replace(store.path, roll.projected(plan))
