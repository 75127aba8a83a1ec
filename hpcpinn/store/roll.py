"""The list of all tasks of a store, so that status can be told without planning the study again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.plan.tasks import Task
from hpcpinn.store import disk, layout


@dataclass(frozen=True)
class Projection:
    """What a task was expected to take when the store was made.

    Attributes:
        flops: operations.
        peak_bytes: peak memory; 0 in a store that was made before this was noted.
    """

    flops: float
    peak_bytes: int


def write(store: Path, tasks: Mapping[Task, Projection]) -> None:
    """Write tasks and their projections into a store that is being made."""
    content = {
        "id": [task.id for task in tasks],
        "cell": [task.cell for task in tasks],
        "seeds": [task.seeds for task in tasks],
        "flops": [projected.flops for projected in tasks.values()],
        "peak_bytes": [projected.peak_bytes for projected in tasks.values()],
    }
    layout.tasks(store).write_text(json.dumps(content), encoding="utf-8")


def read(store: Path) -> dict[Task, Projection]:
    """All tasks, in the order of the plan, with their projections.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        content = json.loads(layout.tasks(store).read_text(encoding="utf-8"))
    peaks = content.get("peak_bytes", [0] * len(content["id"]))
    columns = zip(content["id"], content["cell"], content["seeds"], content["flops"], peaks, strict=True)
    return {
        Task(identity, tuple(cell), (seeds[0], seeds[1])): Projection(flops, peak)
        for identity, cell, seeds, flops, peak in columns
    }
