"""The list of all tasks of a store, so that status can be told without planning the study again."""

import json
from collections.abc import Mapping
from pathlib import Path

from hpcpinn.plan.tasks import Task
from hpcpinn.store import disk, layout


def write(store: Path, tasks: Mapping[Task, float]) -> None:
    """Write tasks and their projected operations into a store that is being made."""
    content = {
        "id": [task.id for task in tasks],
        "cell": [task.cell for task in tasks],
        "seeds": [task.seeds for task in tasks],
        "flops": list(tasks.values()),
    }
    layout.tasks(store).write_text(json.dumps(content), encoding="utf-8")


def read(store: Path) -> dict[Task, float]:
    """All tasks, in the order of the plan, with their projected operations.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        content = json.loads(layout.tasks(store).read_text(encoding="utf-8"))
    columns = zip(content["id"], content["cell"], content["seeds"], content["flops"], strict=True)
    return {Task(identity, tuple(cell), (seeds[0], seeds[1])): flops for identity, cell, seeds, flops in columns}
