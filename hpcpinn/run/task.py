"""One task: compute its runs, write them into its region of the store, publish it in the ledger."""

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpcpinn import errors
from hpcpinn.plan.hypercube import MEASURED
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run import memory, programs
from hpcpinn.run.seed import run_seed
from hpcpinn.run.setup import Setup, setup
from hpcpinn.store import ledger, regions
from hpcpinn.store.attempts import Attempt
from hpcpinn.store.store import Store
from hpcpinn.study.study import Study

_KERNEL = "kernel"


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
    configuration = study.configuration(task.cell)
    programs.keep_for(configuration)
    memory.reset_peak()
    cell = setup(configuration, study.folder)
    files, records = [], []
    for position in range(*task.seeds):
        record, written = _run(plan, store, task, cell, position, study.seeds[position])
        records.append(record)
        files += written
    costs = {"peak_bytes": np.full(task.count, float(memory.peak_bytes()))}
    values = {name: np.stack([record[name] for record in records]) for name in records[0]} | costs
    results = {name: value for name, value in values.items() if name not in MEASURED}
    files += regions.write_region(store, plan, task, results)
    measured = regions.write_region(store, plan, task, {name: values[name] for name in MEASURED})
    ledger.publish(store.path, attempt, files, measured)


def _run(
    plan: Plan, store: Store, task: Task, cell: Setup, position: int, seed: int
) -> tuple[Mapping[str, np.ndarray], list[str]]:
    """One run; its kernels go to the store at once, so that a task never holds more than one run's."""
    started = time.monotonic()
    record = run_seed(cell, seed)
    kernel = record.pop(_KERNEL)
    written = _write_kernel(plan, store, task, kernel, position)
    return {**record, "seconds": np.array(time.monotonic() - started)}, written


def _write_kernel(plan: Plan, store: Store, task: Task, kernel: np.ndarray, position: int) -> list[str]:
    variable = plan.variable(_KERNEL)
    if variable is None or (variable.kept_seeds is not None and position >= variable.kept_seeds):
        return []
    here = {"seed": range(position, position + 1)}
    return regions.write_region(store, plan, task, {_KERNEL: kernel[None]}, here)
