"""One run of a study by several processes together, for networks and kernels too large for one.

Rank 0 runs the study as if it were alone: it holds the store, hands out tasks and publishes them. Before every task it
tells the others which, and how far it had come in an earlier attempt, and they compute it with it; nothing of theirs is
written. They come by the same safe points, at each of which rank 0 says whether the task goes on: a task that is to
stop is left by all at once, the others wait for the next one, and rank 0 sends them home. A wish to stop that reaches
another rank than 0 is not heard.
"""

import contextlib
import functools
import io
import json

from hpcpinn.kernel import processes
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run.checkpoint import Checkpoint, packed, unpacked
from hpcpinn.run.computation import compute
from hpcpinn.run.safety import SafePoints
from hpcpinn.run.session import plan_of
from hpcpinn.store import checkpoints
from hpcpinn.study.extension import arranged
from hpcpinn.study.extent import from_data, to_data
from hpcpinn.study.study import Study

_END = b""


def join(coordinator: str, count: int, rank: int) -> None:
    """Make this process one of a group, see `kernel.processes.join`."""
    processes.join(coordinator, count, rank)


def follow(study: Study) -> None:
    """Take part in every task that rank 0 begins, until it has come to its end.

    What the store holds, and hence where a task lies in it, only rank 0 can see: it says so with every task.
    """
    while (said := processes.spread(_END)) != _END:
        whole, place = _heard(study, said)
        with contextlib.suppress(Exception):  # rank 0 meets the same error, and records it
            came = checkpoints.read(io.BytesIO(processes.spread(b"")), _tasks(whole)[place].id)
            compute(whole, _tasks(whole)[place], lambda *_: None, SafePoints(came and unpacked(came)))


def announce(plan: Plan, task: Task, came: Checkpoint) -> None:
    """Rank 0: tell the others which task comes next, and how far it has come; nothing to do for a process alone."""
    if processes.are_several():
        where = {"extent": to_data(plan.extent), "place": plan.tasks.index(task)}
        processes.spread(json.dumps(where).encode())
        content = io.BytesIO()
        checkpoints.write(content, task.id, packed(came))
        processes.spread(content.getvalue())


def end() -> None:
    """Rank 0: send the others home."""
    if processes.are_several():
        processes.spread(_END)


def _heard(study: Study, said: bytes) -> tuple[Study, int]:
    content = json.loads(said)
    return arranged(study, from_data(content["extent"])), content["place"]


@functools.lru_cache(maxsize=1)
def _tasks(study: Study) -> tuple[Task, ...]:
    return plan_of(study).tasks
