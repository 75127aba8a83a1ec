"""What of a study is done, running, failed and waiting: from its store first, and from the queue where there is one.

Neither JAX nor zarr is needed, and nothing is written: it answers on a login node, without `squeue` and `sacct` too.
"""

import gc
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hpcpinn.launch.extremes import Extreme, extremes
from hpcpinn.launch.slurm import inquest
from hpcpinn.launch.slurm.handed import Submitted, handed
from hpcpinn.plan.memory import memory_class
from hpcpinn.plan.tasks import Task
from hpcpinn.store import comparison, ledger, roll, submissions
from hpcpinn.store.comparison import Comparison, work_of
from hpcpinn.store.ledger import Failure, Status
from hpcpinn.store.roll import Projection
from hpcpinn.store.store import open_store
from hpcpinn.store.submissions import Submission

STATES = ("done", "running", "failed", "waiting")


@dataclass(frozen=True)
class Part:
    """Tasks in one state: how many, how many runs they are, and their share of the work."""

    tasks: int
    runs: int
    share: float


@dataclass(frozen=True)
class Class:
    """Tasks that ask for as much memory.

    Attributes:
        memory: bytes.
        tasks: how many, by state.
        hours: of one worker for what is left, at the pace so far; None before any task is done.
    """

    memory: int
    tasks: dict[str, int]
    hours: float | None


@dataclass(frozen=True)
class Overview:
    """The state of a study.

    Attributes:
        study: its name.
        store: its folder.
        runs: how many there are in all.
        states: tasks by state.
        classes: the same by memory.
        comparison: measured against projected; None before any task is done.
        gpu_hours: of what is left, at the pace so far, where elements have devices; None where that is not known.
        ends: attempts that came to no result, by reason.
        lost_nodes: nodes that the study stays away from, because they took an attempt with them.
        submissions: what was handed to a cluster.
        queue_error: why the queue could not be asked; "" if it could, or there was no need to.
        slowest: finished tasks that took longest.
        largest: finished tasks that took most memory.
        failures: failed tasks with their reasons.
    """

    study: str
    store: str
    runs: int
    states: dict[str, Part]
    classes: tuple[Class, ...]
    comparison: Comparison | None
    gpu_hours: float | None
    ends: dict[str, int]
    lost_nodes: tuple[str, ...] = ()
    submissions: tuple[Submitted, ...] = ()
    queue_error: str = ""
    slowest: tuple[Extreme, ...] = ()
    largest: tuple[Extreme, ...] = ()
    failures: tuple[Failure, ...] = field(default=())


def overview(store: Path) -> Overview:
    """Look at a store.

    Raises:
        StoreError: there is none.
    """
    # Of 100 000 tasks a fifth of the time is the collector, which finds nothing in them.
    gc.disable()
    try:
        return _overview(store)
    finally:
        gc.enable()


def _overview(store: Path) -> Overview:
    opened = open_store(store)
    tasks = roll.read(opened.path)
    state = ledger.status(opened.path, (task.id for task in tasks))
    measured = ledger.measured(opened.path)
    compared = comparison.compare(opened.path, tasks, state.done, measured)
    recorded = submissions.read_all(opened.path)
    submitted, error = handed(opened.path, recorded)
    ids = _states(state)
    return Overview(
        study=opened.study_name,
        store=str(opened.path),
        runs=sum(task.count for task in tasks if task.is_first),
        states=_parts(tasks, ids),
        classes=_classes(tasks, ids, compared),
        comparison=compared,
        gpu_hours=_gpu_hours(tasks, ids, compared, recorded),
        ends=dict(Counter(end.reason for end in ledger.ends(opened.path))),
        lost_nodes=inquest.lost_nodes(opened.path),
        submissions=submitted,
        queue_error=error,
        slowest=extremes(opened, tasks, measured, "seconds"),
        largest=extremes(opened, tasks, measured, "peak_bytes"),
        failures=tuple(ledger.failures(opened.path)),
    )


def _states(state: Status) -> dict[str, str]:
    """The state of every task, by id."""
    return {task: name for name in STATES for task in getattr(state, name)}


def _parts(tasks: Mapping[Task, Projection], states: Mapping[str, str]) -> dict[str, Part]:
    count, runs, flops = Counter[str](), Counter[str](), Counter[str]()
    for task, projected in tasks.items():
        name = states[task.id]
        count[name] += 1
        runs[name] += task.count
        flops[name] += projected.flops  # pyright: ignore[reportArgumentType]
    total = sum(flops.values()) or 1.0
    return {name: Part(count[name], runs[name], flops[name] / total) for name in STATES}


def _classes(
    tasks: Mapping[Task, Projection], states: Mapping[str, str], compared: Comparison | None
) -> tuple[Class, ...]:
    alike: dict[int, dict[Task, Projection]] = {}
    for task, projected in tasks.items():
        alike.setdefault(memory_class(projected.peak_bytes), {})[task] = projected
    return tuple(
        Class(memory, dict(Counter(states[task.id] for task in some)), _hours(some, states, compared))
        for memory, some in sorted(alike.items())
    )


def _hours(tasks: Mapping[Task, Projection], states: Mapping[str, str], compared: Comparison | None) -> float | None:
    """Hours of one worker for what is left of some tasks."""
    if compared is None:
        return None
    left = (projected for task, projected in tasks.items() if states[task.id] in ("running", "waiting"))
    return compared.pace * sum(map(work_of, left)) / 3600


def _gpu_hours(
    tasks: Mapping[Task, Projection],
    states: Mapping[str, str],
    compared: Comparison | None,
    recorded: Sequence[Submission],
) -> float | None:
    """The same, times the devices that each task was last submitted with; None if none has any."""
    arrays = (array for one in recorded for array in one.arrays)
    gpus = {task: array.gpus * array.nodes for array in arrays for task in array.tasks}
    if compared is None or not any(gpus.values()):
        return None
    left = ((task, projected) for task, projected in tasks.items() if states[task.id] in ("running", "waiting"))
    return compared.pace * sum(work_of(projected) * gpus.get(task.id, 0) for task, projected in left) / 3600
