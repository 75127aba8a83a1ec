"""One run of a study by several processes together, for networks and kernels too large for one.

Rank 0 runs the study as if it were alone: it holds the store, hands out tasks and publishes them. Before every task it
tells the others which, and how far it had come in an earlier attempt, and they compute it with it; nothing of theirs is
written. They come by the same safe points, at each of which rank 0 says whether the task goes on: a task that is to
stop is left by all at once, the others wait for the next one, and rank 0 sends them home. A wish to stop that reaches
another rank than 0 is not heard.
"""

import contextlib
import io

from hpcpinn.kernel import processes
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run.checkpoint import Checkpoint, packed, unpacked
from hpcpinn.run.computation import compute
from hpcpinn.run.safety import SafePoints
from hpcpinn.run.session import plan_of
from hpcpinn.store import checkpoints
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
            came = checkpoints.read(io.BytesIO(processes.spread(b"")), tasks[place].id)
            compute(study, tasks[place], lambda *_: None, SafePoints(came and unpacked(came)))


def announce(plan: Plan, task: Task, came: Checkpoint) -> None:
    """Rank 0: tell the others which task comes next, and how far it has come; nothing to do for a process alone."""
    if processes.are_several():
        processes.agree(plan.tasks.index(task))
        content = io.BytesIO()
        checkpoints.write(content, task.id, packed(came))
        processes.spread(content.getvalue())


def end() -> None:
    """Rank 0: send the others home."""
    if processes.are_several():
        processes.agree(_END)
