"""What of a study is done, running, failed and waiting: from its store first, and from the queue where there is one.

Neither JAX nor zarr is needed, and nothing is written: it answers on a login node, without `squeue` and `sacct` too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.plan.memory import memory_class
from hpcpinn.plan.tasks import Task
from hpcpinn.store import comparison, ledger, roll, submissions
from hpcpinn.store.comparison import Comparison, work_of
from hpcpinn.store.ledger import Failure, Status
from hpcpinn.store.measurements import Measurement
from hpcpinn.store.roll import Projection
from hpcpinn.store.store import Store, open_store

STATES = ("done", "running", "failed", "waiting")
_EXTREMES = 3


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
class Submitted:
    """One submission: its jobs, and what the queue shows of them.

    Attributes:
        number: of the submission.
        state: "open", "closed" or "cancelled".
        jobs: ids.
        queue: elements by state, with the reason for which they wait.
        gpus: devices of an element, of the array that has most of them.
        summary: what the closing job has found.
    """

    number: int
    state: str
    jobs: tuple[str, ...]
    queue: dict[str, int]
    gpus: int
    summary: str


@dataclass(frozen=True)
class Extreme:
    """A finished task that took much: its id, its cell, seconds, bytes."""

    task: str
    cell: dict[str, object]
    seconds: float
    peak_bytes: int


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
    opened = open_store(store)
    tasks = roll.read(opened.path)
    state = ledger.status(opened.path, (task.id for task in tasks))
    compared = comparison.compare(opened.path, tasks, state.done)
    measured = ledger.measured(opened.path) if compared else {}
    handed, error = _submissions(opened.path)
    gpus = max((one.gpus for one in handed), default=0)
    ids = _states(state)
    return Overview(
        study=opened.study_name,
        store=str(opened.path),
        runs=sum(task.count for task in tasks if task.is_first),
        states=_parts(tasks, ids),
        classes=_classes(tasks, ids, compared),
        comparison=compared,
        gpu_hours=_hours(tasks, ids, compared) if gpus else None,
        ends=dict(Counter(end.reason for end in ledger.ends(opened.path))),
        submissions=handed,
        queue_error=error,
        slowest=_extremes(opened, tasks, measured, "seconds"),
        largest=_extremes(opened, tasks, measured, "peak_bytes"),
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


def _submissions(store: Path) -> tuple[tuple[Submitted, ...], str]:
    """What was submitted, with the queue if any of it is open."""
    found = submissions.read_all(store)
    error, queued = "", []
    open_jobs = [job for one in found if one.state == "open" for job in _jobs(store, one)]
    if open_jobs:
        try:
            queued = [one for one in client.queue(open_jobs) if not one.is_over]
        except ClusterError as refused:
            error = str(refused)
    return tuple(_submitted(store, one, queued) for one in found), error


def _jobs(store: Path, one: submissions.Submission) -> list[str]:
    return [*one.jobs, *submissions.more_jobs(store, one.number)]


def _submitted(store: Path, one: submissions.Submission, queued: list[client.Queued]) -> Submitted:
    jobs = _jobs(store, one)
    shown = Counter[str]()
    for element in queued:
        if element.job in jobs:
            why = f" ({element.reason})" if element.state == "PENDING" else ""
            shown[f"{element.state.lower()}{why}"] += element.elements
    gpus = max((array.gpus * array.nodes for array in one.arrays), default=0)
    return Submitted(one.number, one.state, tuple(jobs), dict(shown), gpus, one.summary)


def _extremes(
    store: Store, tasks: Mapping[Task, Projection], measured: Mapping[str, Measurement], what: str
) -> tuple[Extreme, ...]:
    """The finished tasks with the most of something."""
    largest = sorted(measured.values(), key=lambda one: -getattr(one, what))[:_EXTREMES]
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
