"""One run of a study by several processes together, for networks and kernels too large for one.

Rank 0 runs the study as if it were alone: it holds the store, hands out tasks and publishes them. Before every task it
tells the others which, and they compute it with it; nothing of theirs is written.
"""

import contextlib

from hpcpinn.kernel import processes
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run.computation import compute
from hpcpinn.run.session import plan_of
from hpcpinn.study.study import Study

_END = -1


def join(coordinator: str, count: int, rank: int) -> None:
    """Make this process one of a group, see `kernel.processes.join`."""
    processes.join(coordinator, count, rank)


def follow(study: Study) -> None:
    """Take part in every task that rank 0 begins, until it has come to its end."""
    tasks = plan_of(study).tasks
    while (place := processes.agree(_END)) != _END:
        with contextlib.suppress(Exception):  # rank 0 meets the same error, and records it
            compute(study, tasks[place], lambda *_: None)


def announce(plan: Plan, task: Task) -> None:
    """Rank 0: tell the others which task comes next; nothing to do for a process alone."""
    if processes.are_several():
        processes.agree(plan.tasks.index(task))


def end() -> None:
    """Rank 0: send the others home."""
    if processes.are_several():
        processes.agree(_END)
