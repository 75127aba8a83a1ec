"""One task: compute its runs, write them into its region of the store, publish it in the ledger."""

import time
import traceback
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpcpinn import errors
from hpcpinn.plan.hypercube import MEASURED
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run import group, limits, memory
from hpcpinn.run.computation import compute
from hpcpinn.run.kernels import Kernels
from hpcpinn.store import ledger, regions
from hpcpinn.store.attempts import Attempt
from hpcpinn.store.store import Store
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    task: Task
    state: Literal["done", "failed"]
    seconds: float
    reason: str = ""


def execute(study: Study, plan: Plan, store: Store, task: Task) -> Outcome:
    """Run a task to its end unless the ledger says that it is done; a failure is recorded, not raised.

    Raises:
        StoreError: the disk refuses; the task stays as it was.
    """
    started = time.monotonic()
    if ledger.is_done(store.path, task.id):
        return Outcome(task, "done", 0.0)
    with ledger.attempt(store.path, task.id) as attempt:
        try:
            _compute(study, plan, store, task, attempt)
        except errors.StoreError:
            raise
        except Exception as error:  # a task may fail in any way, and the others go on
            reason = f"{type(error).__name__}: {error}"
            ledger.fail(store.path, attempt, reason, traceback.format_exc())
            return Outcome(task, "failed", time.monotonic() - started, reason)
    return Outcome(task, "done", time.monotonic() - started)


def _compute(study: Study, plan: Plan, store: Store, task: Task, attempt: Attempt) -> None:
    group.announce(plan, task)
    kernels = Kernels(store, plan, task)
    values = compute(study, task, kernels.keep)
    if regions.owns(plan, task, "limit_trace"):
        values |= limits.described(study, task.cell, plan.sizes.get("draw"))
    peak = memory.peak_bytes()
    values = regions.own_part(plan, task, values | {"peak_bytes": np.full(task.count, float(peak))})
    results = {name: value for name, value in values.items() if name not in MEASURED}
    files = kernels.files + regions.write_region(store, plan, task, results)
    costs = {name: value for name, value in values.items() if name in MEASURED}
    measured = regions.write_region(store, plan, task, costs)
    ledger.publish(store.path, attempt, files, measured, peak)
