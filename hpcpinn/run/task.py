"""One task: compute its runs, write them into its region of the store, publish it in the ledger."""

import functools
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpcpinn import errors
from hpcpinn.kernel import ensembles
from hpcpinn.plan.hypercube import MEASURED
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run import memory, programs
from hpcpinn.run.kernels import Kernels
from hpcpinn.run.observation import case_of
from hpcpinn.run.runs import run_seeds
from hpcpinn.run.setup import Setup, setup
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
    configuration = study.configuration(task.cell)
    programs.keep_for(configuration)
    memory.reset_peak()
    cell = setup(configuration, study.folder)
    kernels = Kernels(store, plan, task)
    batches = [_run(cell, study, kernels, positions) for positions in _batches(cell, task)]
    costs = {"peak_bytes": np.full(task.count, float(memory.peak_bytes()))}
    values = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]} | costs
    results = {name: value for name, value in values.items() if name not in MEASURED}
    files = kernels.files + regions.write_region(store, plan, task, results)
    measured = regions.write_region(store, plan, task, {name: values[name] for name in MEASURED})
    ledger.publish(store.path, attempt, files, measured)


def _batches(cell: Setup, task: Task) -> list[range]:
    """Seeds that are run side by side: all of them where networks are narrow, one by one where they are wide."""
    positions = range(*task.seeds)
    if ensembles.is_narrow(cell.problem, cell.network, cell.points.counts):
        return [positions]
    return [positions[k : k + 1] for k in range(len(positions))]


def _run(cell: Setup, study: Study, kernels: Kernels, positions: range) -> Mapping[str, np.ndarray]:
    """The runs of some seeds; their kernels go to the store tile by tile."""
    started = time.monotonic()
    seeds = [study.seeds[position] for position in positions]
    ensemble = ensembles.ensemble(cell.problem, cell.network, cell.points.counts, len(seeds))
    record = run_seeds(cell, ensemble, seeds, functools.partial(kernels.keep, positions, case_of(cell).parts))
    seconds = (time.monotonic() - started) / len(seeds)
    return {**record, "seconds": np.full(len(seeds), seconds)}
