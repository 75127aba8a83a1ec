"""Stores that grow, with numbers that depend on what a run is and never on where it lies."""

import zlib
from pathlib import Path

import numpy as np

from hpcpinn.plan.outline import Outline
from hpcpinn.plan.plan import Plan, make_plan
from hpcpinn.plan.tasks import Task
from hpcpinn.plan.variables import owned
from hpcpinn.store import attempts, creation, extension, ledger, regions
from hpcpinn.store.provenance import provenance
from hpcpinn.store.store import Store, open_store
from hpcpinn.study.reading import parse_study
from hpcpinn.study.study import Study
from tests.results.conftest import OUTLINE, points

# So many steps, which nobody does here, make tasks of 4 seeds.
LONG = 100_000_000


def text(width="[4, 16]", seed="6", record=f"[0, 10, {LONG}]", depth="1", rest="", sweep=""):
    rows = "" if "points.residual" in sweep else "residual = 4\n"
    return (
        f'name = "growing"\nproblem = "poisson1d"\n[sweep]\nwidth = {width}\ndepth = {depth}\nseed = {seed}\n{sweep}\n'
        f"[points]\n{rows}boundary = 2\n[training]\nsteps = {9 * LONG}\nrecord = {record}\n{rest}"
    )


def opened(path: Path, study: Study | str, outline: Outline = OUTLINE) -> tuple[Store, Plan]:
    """Make or extend a store as `run.session` does, for a problem that exists only as an outline."""
    asked = parse_study(study, Path()) if isinstance(study, str) else study
    while True:
        plan = make_plan(extension.arranged(path, asked), outline)
        store = creation.create(path, plan, provenance(asked, equation="u'' = f"), points(plan))
        if store.newest is not None and store.newest.extent == plan.extent:
            return store, plan


def numbers(plan: Plan, task: Task) -> dict[str, np.ndarray]:
    """Everything that a task writes."""
    found = {}
    for variable in plan.variables:
        region = owned(variable, task)
        if all(region):
            lines = zip(variable.dims, region, strict=True)
            grids = np.meshgrid(*(values(plan, dim, part) for dim, part in lines), indexing="ij", sparse=True)
            start = zlib.crc32(variable.name.encode()) % 1000
            whole = np.asarray(sum(np.sin((1.0 + k) * grid) for k, grid in enumerate(grids)) + start)
            found[variable.name] = whole[(0,) * len(task.cell if variable.places is None else variable.places)]
    return found


def values(plan: Plan, dim: str, part: range) -> np.ndarray:
    """The values of an axis at positions of the store, and positions where there are none."""
    if dim in ("seed", "step"):
        return np.array((plan.extent.seeds if dim == "seed" else plan.extent.steps).at(part), float)
    axis = next((axis for axis in plan.axes if axis.name == dim), None)
    return np.array([float(axis.values[at]) if axis else at for at in part], float)


def work(store: Store, plan: Plan, task: Task) -> None:
    """Write and publish a task."""
    files = regions.write_region(store, plan, task, numbers(plan, task))
    ledger.publish(store.path, attempts.begin(task.id), files)


def run(path: Path, study: Study | str) -> Plan:
    """Run what is missing."""
    store, plan = opened(path, study)
    for task in plan.tasks:
        if not ledger.is_done(path, task.id):
            work(open_store(store.path), plan, task)
    return plan


def published(path: Path) -> dict[str, str]:
    """The attempt that published each task."""
    return {task: ledger.read(path, task)["attempt"] for task in ledger.done(path)}
