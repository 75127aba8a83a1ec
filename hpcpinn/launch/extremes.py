"""The finished tasks that took most of something."""

from collections.abc import Mapping
from dataclasses import dataclass

from hpcpinn.plan.tasks import Task
from hpcpinn.store.measurements import Measurement
from hpcpinn.store.roll import Projection
from hpcpinn.store.store import Store

_MOST = 3


@dataclass(frozen=True)
class Extreme:
    """A finished task that took much: its id, its cell, seconds, bytes."""

    task: str
    cell: dict[str, object]
    seconds: float
    peak_bytes: int


def extremes(
    store: Store, tasks: Mapping[Task, Projection], measured: Mapping[str, Measurement], what: str
) -> tuple[Extreme, ...]:
    """The finished tasks with the most of something."""
    largest = sorted(measured.values(), key=lambda one: -getattr(one, what))[:_MOST]
    known = {task.id: task for task in tasks} if largest else {}
    return tuple(
        Extreme(one.task, _cell(store, known[one.task]), one.seconds, one.peak_bytes)
        for one in largest
        if one.task in known
    )


def _cell(store: Store, task: Task) -> dict[str, object]:
    """The value of every axis but seed at a task, by the last part of its key."""
    if store.newest is None:
        return {}
    pairs = zip(store.newest.extent.axes, task.cell, strict=True)
    return {key.rpartition(".")[2]: values[place] for (key, values), place in pairs}
