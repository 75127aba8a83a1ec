"""The list of all tasks of a store, so that status can be told without planning the study again."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpcpinn.plan.tasks import Task
from hpcpinn.store import disk, layout

if TYPE_CHECKING:
    from hpcpinn.plan.plan import Plan


@dataclass(frozen=True)
class Projection:
    """What a task was expected to take when the store was made.

    Attributes:
        flops: operations.
        peak_bytes: peak memory; 0 in a store that was made before this was noted.
    """

    flops: float
    peak_bytes: int


def projected(plan: "Plan") -> dict[Task, Projection]:
    """The tasks of a plan with their projections."""
    costs = (Projection(cost.flops, cost.peak_bytes) for cost in plan.costs)
    return dict(zip(plan.tasks, costs, strict=True))


def write(store: Path, tasks: Mapping[Task, Projection]) -> None:
    """Write tasks and their projections into a store that is being made."""
    layout.tasks(store).write_text(_text(tasks), encoding="utf-8")


def replace(store: Path, tasks: Mapping[Task, Projection]) -> None:
    """Write the tasks of a store that was extended; who reads finds the old list or the new one."""
    disk.replace(layout.tasks(store), uuid.uuid4().hex, _text(tasks))


def _text(tasks: Mapping[Task, Projection]) -> str:
    content = {
        "id": [task.id for task in tasks],
        "cell": [task.cell for task in tasks],
        "seeds": [task.seeds for task in tasks],
        "steps": [task.steps for task in tasks],
        "flops": [projected.flops for projected in tasks.values()],
        "peak_bytes": [projected.peak_bytes for projected in tasks.values()],
    }
    return json.dumps(content)


def read(store: Path) -> dict[Task, Projection]:
    """All tasks, in the order of the plan, with their projections.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        content = json.loads(layout.tasks(store).read_text(encoding="utf-8"))
    peaks = content.get("peak_bytes", [0] * len(content["id"]))
    steps = content.get("steps", [(0, 1)] * len(content["id"]))
    columns = zip(content["id"], content["cell"], content["seeds"], steps, content["flops"], peaks, strict=True)
    return {
        Task(identity, tuple(cell), (seeds[0], seeds[1]), (span[0], span[1])): Projection(flops, peak)
        for identity, cell, seeds, span, flops, peak in columns
    }
