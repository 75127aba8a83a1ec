"""What a task costs: operations, peak memory, and what it leaves in the store."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hpcpinn.plan.flops import run_flops
from hpcpinn.plan.memory import task_parts
from hpcpinn.plan.tasks import Task
from hpcpinn.plan.variables import Variable, chunks, owned
from hpcpinn.plan.workload import Workload

# A file takes at least one block, whatever is in it.
BLOCK_BYTES = 4096


@dataclass(frozen=True)
class Cost:
    """A projection, never a measurement.

    Attributes:
        flops: floating-point operations.
        peak: bytes of memory, part by part (`memory.ADVICE`); their sum is the projected peak.
        bytes: bytes on disk, before compression, in whole blocks.
        files: files in the store, the task's ledger record included.
    """

    flops: float
    peak: dict[str, int]
    bytes: int
    files: int

    @property
    def peak_bytes(self) -> int:
        """Projected peak memory."""
        return sum(self.peak.values())


@dataclass(frozen=True)
class Stored:
    """What a task leaves in the store: bytes of the arrays it holds until its end, bytes on disk, files."""

    values: int
    bytes: int
    files: int


def of_tasks(tasks: Sequence[Task], loads: Sequence[Workload], variables: Sequence[Variable]) -> tuple[Cost, ...]:
    """Costs of tasks whose runs have these loads.

    All tasks with as many seeds leave the same in the store, those with the first seed apart, whose kernel may be the
    only one that is kept, those with a limit, and those of later steps.
    """
    limit = next((variable for variable in variables if variable.places is not None), None)
    drawn = [limit is not None and all(owned(limit, task)) for task in tasks]
    kinds = [(task.count, task.seeds[0] == 0, draws, task.steps) for task, draws in zip(tasks, drawn, strict=True)]
    alike = dict(zip(kinds, tasks, strict=True))
    left = {kind: stored(task, variables) for kind, task in alike.items()}
    return tuple(_cost(kind, load, left[kind]) for kind, load in zip(kinds, loads, strict=True))


def _cost(kind: tuple[int, bool, bool, tuple[int, int]], load: Workload, left: Stored) -> Cost:
    seeds, _, draws_limit, _ = kind
    peak = task_parts(load, seeds, left.values, draws_limit)
    return Cost(seeds * run_flops(load), peak, left.bytes, left.files)


def stored(task: Task, variables: Sequence[Variable]) -> Stored:
    """What a task leaves in the store: its region of every variable, and one ledger record."""
    values, on_disk, files = 0, BLOCK_BYTES, 1
    for variable in variables:
        region = owned(variable, task)
        size = math.prod(len(part) for part in region) * variable.itemsize
        count = sum(1 for _ in chunks(variable, region))
        # Kernels go to the store tile by tile; the rest is written at the end.
        values += 0 if "row" in variable.dims else size
        files, on_disk = files + count, on_disk + _blocks(size, count)
    return Stored(values, on_disk, files)


def _blocks(size: int, files: int) -> int:
    return files * math.ceil(size / files / BLOCK_BYTES) * BLOCK_BYTES if files else 0


def total(costs: Sequence[Cost], variables: int, labels: int) -> Cost:
    """All tasks and the store's own files: one per variable, two per label, two groups, list of tasks and extent."""
    own = variables + 2 * labels + 4
    return Cost(
        flops=sum(cost.flops for cost in costs),
        peak=max((cost.peak for cost in costs), key=lambda parts: sum(parts.values())),
        bytes=sum(cost.bytes for cost in costs) + own * BLOCK_BYTES,
        files=sum(cost.files for cost in costs) + own,
    )
