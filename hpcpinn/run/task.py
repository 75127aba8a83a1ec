"""One task: compute its runs, write them into its region of the store, publish it in the ledger."""

import time
import traceback
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpcpinn import errors
from hpcpinn.plan.hypercube import MEASURED, REPORTED
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run import group, interruption, limits, memory, safety
from hpcpinn.run.checkpoint import Record
from hpcpinn.run.computation import compute
from hpcpinn.run.kernels import Kernels
from hpcpinn.run.safety import SafePoints, Stopped
from hpcpinn.store import ends, ledger, regions
from hpcpinn.store.attempts import Attempt
from hpcpinn.store.store import Store
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    task: Task
    state: Literal["done", "failed", "stopped", "starved"]
    seconds: float
    reason: str = ""
    saved: bool = False


def execute(study: Study, plan: Plan, store: Store, task: Task, elsewhere: bool = False) -> Outcome:
    """Run a task to its end unless the ledger says that it is done; a failure is recorded, not raised.

    Where an earlier attempt has left a checkpoint, the task goes on from there, with the same bits. When
    `interruption.request` was called it saves itself and stops at its next safe point, or does not begin. A task that
    runs out of memory fails, or is "starved" where there is an `elsewhere` with more of it.

    Raises:
        StoreError: the disk refuses; the task stays as it was.
    """
    started = time.monotonic()
    if ledger.is_done(store.path, task.id):
        return Outcome(task, "done", 0.0)
    if reason := interruption.requested():
        return Outcome(task, "stopped", 0.0, reason)
    with ledger.attempt(store.path, task.id) as attempt:
        points = safety.resume(store.path, attempt)
        try:
            _compute(study, plan, store, task, attempt, points)
        except errors.StoreError:
            raise
        except Stopped as stopped:
            ends.record(store.path, attempt, stopped.reason, points.saved)
            return Outcome(task, "stopped", time.monotonic() - started, stopped.reason, points.saved)
        except Exception as error:  # a task may fail in any way, and the others go on
            reason = f"{type(error).__name__}: {error}"
            if elsewhere and memory.is_exhausted(error):
                ends.record(store.path, attempt, "memory", points.saved)
                return Outcome(task, "starved", time.monotonic() - started, reason)
            ledger.fail(store.path, attempt, reason, traceback.format_exc())
            safety.forget(store.path, attempt, points)
            return Outcome(task, "failed", time.monotonic() - started, reason)
    return Outcome(task, "done", time.monotonic() - started)


def _compute(study: Study, plan: Plan, store: Store, task: Task, attempt: Attempt, points: SafePoints) -> None:
    group.announce(plan, task, points.state)
    kernels = Kernels(store, plan, task, points.state.files)
    values = compute(study, task, kernels.keep, points)
    if regions.owns(plan, task, "limit_trace"):
        values |= limits.described(study, task.cell, plan.sizes.get("draw"))
    values |= _left_out(plan, values)
    peak = points.peak_bytes()
    values = regions.own_part(plan, task, values | {"peak_bytes": np.full(task.count, float(peak))})
    results = {name: value for name, value in values.items() if name not in MEASURED}
    files = kernels.files + regions.write_region(store, plan, task, results)
    costs = {name: value for name, value in values.items() if name in MEASURED}
    measured = regions.write_region(store, plan, task, costs)
    ledger.publish(store.path, attempt, files, measured, peak)


def _left_out(plan: Plan, values: Record) -> Record:
    """NaN for what other cells of the study have: what Levenberg-Marquardt reports of itself."""
    like = values["trace"][..., 0]
    names = [variable.name for variable in plan.variables if variable.name in REPORTED]
    return {name: np.full(like.shape, np.nan) for name in names if name not in values}
