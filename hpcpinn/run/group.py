"""One run of a study by several processes together, for networks and kernels too large for one.

Rank 0 runs the study as if it were alone: it holds the store, hands out tasks and publishes them. Before every task it
tells the others which, and they compute it with it; nothing of theirs is written.
"""

import contextlib
import functools
import json

from hpcpinn.kernel import processes
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run.computation import compute
from hpcpinn.run.session import plan_of
from hpcpinn.study.extension import arranged
from hpcpinn.study.extent import from_data, to_data
from hpcpinn.study.study import Study

_END = ""


def join(coordinator: str, count: int, rank: int) -> None:
    """Make this process one of a group, see `kernel.processes.join`."""
    processes.join(coordinator, count, rank)


def follow(study: Study) -> None:
    """Take part in every task that rank 0 begins, until it has come to its end.

    What the store holds, and hence where a task lies in it, only rank 0 can see: it says so with every task.
    """
    while (said := processes.tell(_END)) != _END:
        whole, place = _heard(study, said)
        with contextlib.suppress(Exception):  # rank 0 meets the same error, and records it
            compute(whole, _tasks(whole)[place], lambda *_: None)


def announce(plan: Plan, task: Task) -> None:
    """Rank 0: tell the others which task comes next; nothing to do for a process alone."""
    if processes.are_several():
        processes.tell(json.dumps({"extent": to_data(plan.extent), "place": plan.tasks.index(task)}))


def end() -> None:
    """Rank 0: send the others home."""
    if processes.are_several():
        processes.tell(_END)


def _heard(study: Study, said: str) -> tuple[Study, int]:
    content = json.loads(said)
    return arranged(study, from_data(content["extent"])), content["place"]


@functools.lru_cache(maxsize=1)
def _tasks(study: Study) -> tuple[Task, ...]:
    return plan_of(study).tasks
