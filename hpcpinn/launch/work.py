"""What a worker is handed: enough to do a task anywhere the store and the study's folder can be seen."""

import functools
from pathlib import Path

from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run import task as run_task
from hpcpinn.run.session import plan_of
from hpcpinn.store.store import Store, open_store
from hpcpinn.study.study import Study


def perform(study: Study, store: Path, task: Task, elsewhere: bool = False) -> run_task.Outcome:
    """Do one task, see `execute`; plan and store are opened once in a worker, and compiled programs stay with it."""
    plan, opened = _opened(study, store)
    return run_task.execute(study, plan, opened, task, elsewhere)


@functools.lru_cache(maxsize=4)
def _opened(study: Study, store: Path) -> tuple[Plan, Store]:
    return plan_of(study), open_store(store)
