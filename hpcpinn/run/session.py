"""From a study file to a store that tasks can be run on."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from hpcpinn import errors
from hpcpinn.kernel.cores import one_device_per_core
from hpcpinn.model import problem as problems
from hpcpinn.model.points import Points
from hpcpinn.plan.plan import Plan, make_plan
from hpcpinn.plan.refusal import refuse
from hpcpinn.plan.tasks import Task
from hpcpinn.run import memory, rehearsal, safety, setup
from hpcpinn.run.combinations import first_cells
from hpcpinn.run.outlines import outline
from hpcpinn.store import creation, disk, extension, layout, ledger, leftovers
from hpcpinn.store.provenance import provenance
from hpcpinn.store.store import Store
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Session:
    """A study with its plan and its store."""

    study: Study
    plan: Plan
    store: Store


def plan_of(study: Study) -> Plan:
    """The plan of a study; no device is started and nothing is written.

    Raises:
        StudyError: the points do not match the problem.
        ProblemError: the problem cannot be made or evaluated.
    """
    return make_plan(study, outline(study))


def open_session(study: Study, path: Path, workers: int, elsewhere: int | None = None) -> Session:
    """Plan, refuse what cannot fit into this machine, rehearse the terms, and make or extend the store.

    The study of the session is the one that was given with all that the store holds besides.

    Args:
        study: the study.
        path: of the store.
        workers: how many share a machine like this one.
        elsewhere: bytes of memory of a worker on another machine, where tasks run on others.

    Raises:
        PlanError: a task does not fit into this machine's memory shared by so many workers, or the disk is too full.
        ProblemError: a term is not finite somewhere.
        StoreError: the store belongs to a study that this one does not extend, or cannot be made.
    """
    one_device_per_core(workers)
    safety.save_seconds()

    def admit(plan: Plan) -> None:
        finished = _finished(path)
        refuse_unfitting(plan, path, [task for task in plan.tasks if task.id not in finished], workers, elsewhere)

    return make_session(study, path, admit)


def make_session(study: Study, path: Path, admit: Callable[[Plan], None]) -> Session:
    """Plan, let `admit` refuse, rehearse the terms, and make or extend the store; see `open_session`."""
    while True:
        whole = extension.arranged(path, study)
        plan = plan_of(whole)
        admit(plan)
        points = rehearsal.rehearse(whole, plan)
        store = creation.create(path, plan, provenance(whole, **_facts(whole)), _coordinates(plan, points))
        # Somebody else may have made or extended it between the look at it and the record: what it holds now counts.
        if store.newest is not None and store.newest.extent == plan.extent:
            leftovers.clear(path)
            return Session(whole, plan, store)


def study_of(store: Path | str) -> Study:
    """The newest study of a store with all that the store holds: `plan_of` it is the plan that a worker needs.

    Raises:
        StoreError: there is no store, or the source of its problem has changed.
        ProblemError: the source of its problem is not where it was.
    """
    return extension.study_of(store)


def refuse_unfitting(plan: Plan, path: Path, tasks: Sequence[Task], workers: int, elsewhere: int | None = None) -> None:
    """Refuse tasks that do not fit onto the disk, or into memory: of this machine, shared by workers, or elsewhere.

    Raises:
        PlanError: which part is too large, and what to lower.
        StoreError: the folders above the store cannot be looked into.
    """
    machine, free = elsewhere or memory.machine_bytes(), _free_bytes(path)
    refuse(plan, machine, free, tasks)
    try:
        refuse(plan, machine // workers, free, tasks)
    except errors.PlanError as error:
        raise errors.PlanError(
            f"{error} It fits if fewer than {workers} workers share this machine: give --workers 1, say."
        ) from error


def _finished(path: Path) -> set[str]:
    with disk.reported(path):
        return ledger.done(path) if layout.ledger(path).is_dir() else set()


def _free_bytes(path: Path) -> int:
    with disk.reported(path):
        existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        return shutil.disk_usage(existing).free


def _facts(study: Study) -> dict[str, str]:
    configurations = [study.configuration(cell) for cell in first_cells(study, "kernel")]
    problem = type(setup.problem_of(configurations[0], study.folder))
    return {
        "problem": configurations[0].problem,
        "equation": problems.describe(problem),
        "precision": ", ".join(dict.fromkeys(configuration.kernel.precision for configuration in configurations)),
        "devices": ", ".join(dict.fromkeys(device.device_kind for device in jax.devices())),
    }


def _coordinates(plan: Plan, points: dict[tuple[int, ...], Points]) -> dict[str, np.ndarray]:
    """The problem's coordinates of every row, padded with NaN where a cell has fewer rows than others."""
    names = next(iter(points.values())).coordinates
    shape = _points_shape(plan)
    arrays = {name: np.full((*shape, plan.sizes["row"]), np.nan) for name in names}
    for index, some in points.items():
        for k, name in enumerate(names):
            column = some.all[:, k]
            arrays[name][index][: len(column)] = column
    return arrays


def _points_shape(plan: Plan) -> tuple[int, ...]:
    """Lengths of the swept `points.*` axes, on which the rows depend."""
    return tuple(len(axis.values) for axis in plan.axes if axis.key.startswith("points."))
