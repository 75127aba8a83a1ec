"""Where a dataset finds its values in a store that may have been extended: at which positions, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt64

from hpcpinn.plan.labels import dtype_of
from hpcpinn.plan.variables import STEP
from hpcpinn.store import roll
from hpcpinn.store.labels import GAP
from hpcpinn.store.store import Store
from hpcpinn.study import keys
from hpcpinn.study.axes import named
from hpcpinn.study.extent import Extent, Value


@dataclass(frozen=True)
class Places:
    """Positions along the dimensions that an extension makes longer.

    Attributes:
        labels: the value at every position of the store, gaps included.
        shown: the positions to show, in their order, where these are not simply all of them.
    """

    labels: dict[str, np.ndarray]
    shown: dict[str, list[int]]

    def shape(self, dims: Sequence[str], there: Sequence[int]) -> tuple[int, ...]:
        """The shape of an array: of what the store is known to hold, whatever the disk says of it at this moment."""
        known = {dim: len(labels) for dim, labels in self.labels.items()}
        return tuple(known.get(dim, size) for dim, size in zip(dims, there, strict=True))


def places(store: Store) -> Places:
    """The places of a store; there are none in one that was made before they were noted, and was never extended."""
    return Places({}, {}) if store.newest is None else _of(store.newest.extent)


def _of(extent: Extent) -> Places:
    names = named([*(key for key, _ in extent.axes), keys.SEED])
    values = {names[key]: values for key, values in extent.axes}
    values |= {keys.SEED: extent.seeds.padded(GAP), STEP: extent.steps.padded(GAP)}
    steps = sorted(extent.steps.positions, key=extent.steps.padded(GAP).__getitem__)
    order = dict(zip(values, [*map(list, extent.order), steps], strict=True))
    shown = {name: at for name, at in order.items() if at != list(range(len(values[name])))}
    return Places({name: _label(some) for name, some in values.items()}, shown)


def _label(values: Sequence[Value]) -> np.ndarray:
    dtype = dtype_of(values)
    return np.array([str(value) for value in values]) if dtype == "string" else np.asarray(values, dtype)


def task_ids(store: Store, first: UInt64[np.ndarray, "*sweep"]) -> UInt64[np.ndarray, "*sweep segment"]:
    """Ids of the tasks of every run, one for each segment of its record; 0 where there is none.

    Args:
        store: the store.
        first: ids as they stand in the store, which are all as long as it was not extended.
    """
    if store.newest is None or not store.newest.number:
        return first[..., None]
    segments = {span: number for number, span in enumerate(store.newest.extent.steps.spans)}
    ids = np.zeros((*first.shape, len(segments)), np.uint64)
    for task in roll.read(store.path):
        here = (*task.cell, task.seeds[1] - 1)
        # The list may be of an extension after the record that was read.
        if task.steps in segments and all(at < size for at, size in zip(here, first.shape, strict=True)):
            ids[(*task.cell, slice(*task.seeds), segments[task.steps])] = int(task.id, 16)
    return ids


def by_step(store: Store, done: Bool[np.ndarray, "*sweep segment"]) -> Bool[np.ndarray, "*sweep step"]:
    """For every run and every position along the recorded steps whether its task is done."""
    if store.newest is None:
        return done
    steps = store.newest.extent.steps
    whole = np.zeros((*done.shape[:-1], steps.size), bool)
    for number, span in enumerate(steps.spans):
        whole[..., slice(*span)] = done[..., number, None]
    return whole
