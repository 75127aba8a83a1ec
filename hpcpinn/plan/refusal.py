"""Saying no before anything runs."""

from collections.abc import Iterable

from hpcpinn.errors import PlanError
from hpcpinn.plan.cost import Cost
from hpcpinn.plan.memory import ADVICE
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task

GIB = 2**30


def refuse(plan: Plan, memory: int, disk: int, tasks: Iterable[Task] | None = None) -> None:
    """Refuse a plan that cannot fit.

    Args:
        plan: the plan.
        memory: bytes that one task may take.
        disk: free bytes where the store is, or will be.
        tasks: those that will run; all of them by default. Tasks that are done already have their disk space.

    Raises:
        PlanError: the projected peak of the largest task is above `memory`, or what will be written is above `disk`.
    """
    wanted = None if tasks is None else {task.id for task in tasks}
    pairs = [pair for pair in zip(plan.tasks, plan.costs, strict=True) if wanted is None or pair[0].id in wanted]
    for task, cost in sorted(pairs, key=lambda pair: -pair[1].peak_bytes)[:1]:
        if cost.peak_bytes > memory:
            raise PlanError(_too_much_memory(plan, task, cost, memory))
    needed = sum(cost.bytes for _, cost in pairs)
    if needed > disk:
        raise PlanError(_too_much_disk(plan, needed, disk))


def _too_much_memory(plan: Plan, task: Task, cost: Cost, memory: int) -> str:
    part = max(cost.peak, key=lambda name: cost.peak[name])
    where = ", ".join(f"{axis.key} {axis.values[place]}" for axis, place in zip(plan.axes[:-1], task.cell, strict=True))
    return (
        f"{where}: one task (seeds: {task.count}) needs {cost.peak_bytes / GIB:.2f} GiB and {memory / GIB:.2f} GiB "
        f"are allowed; {cost.peak[part] / GIB:.2f} GiB of it for its {part}. {ADVICE[part]}"
    )


def _too_much_disk(plan: Plan, needed: int, disk: int) -> str:
    kernels = f" {ADVICE['results']}" if plan.variable("kernel") else ""
    return (
        f"the tasks of `{plan.name}` will write {needed / GIB:.3f} GiB and {disk / GIB:.3f} GiB are free. "
        f"Free space, or put the store on another disk with --store.{kernels}"
    )
