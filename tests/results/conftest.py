"""Stores with known numbers, made without a network: plan, ledger and zarr alone."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from hpcpinn.plan.outline import Outline
from hpcpinn.plan.plan import Plan, make_plan
from hpcpinn.plan.tasks import Task
from hpcpinn.plan.variables import owned
from hpcpinn.store import attempts, creation, ledger, regions
from hpcpinn.store.provenance import provenance
from hpcpinn.store.store import open_store
from hpcpinn.study.reading import parse_study

CHANNELS = {"residual": 3, "boundary": 1}
OUTLINE = Outline(("x",), ("u",), CHANNELS, {"residual": 2, "boundary": 1}, {"residual": 1, "boundary": 1}, True)
TRAINED = "[training]\nsteps = 10\nrecord = [0, 3, 10]\n"
PADDED = {"row", "col", "mode"}

State = Literal["done", "failed", "written", "waiting"]


def text(sweep="", rest=TRAINED, width="[4, 8, 16]", depth="[1, 2]", seed="3") -> str:
    """A study; every argument is TOML."""
    points = "" if "points.residual" in sweep else "residual = 4\n"
    return (
        f'name = "small"\nproblem = "poisson1d"\n[sweep]\nwidth = {width}\ndepth = {depth}\nseed = {seed}\n{sweep}\n'
        f"[points]\n{points}boundary = 2\n{rest}"
    )


def values(plan: Plan, task: Task) -> dict[str, np.ndarray]:
    """Positive numbers that depend on run and variable, and fall as the square root of the width with some noise."""
    rows = plan.points_of(task.cell).rows
    width = float(plan.axes[0].values[task.cell[0]])
    found = {}
    for variable in plan.variables:
        after = list(zip(variable.dims, variable.shape, strict=True))
        if variable.places is not None:
            if all(owned(variable, task)):
                shape = [rows if dim in PADDED else size for dim, size in after[len(variable.places) :]]
                found[variable.name] = np.full(shape, 1.0 + sum(task.cell))
            continue
        shape = [rows if dim in PADDED else size for dim, size in after[len(task.cell) + 1 :]]
        keys = [[*task.cell, seed, zlib.crc32(variable.name.encode())] for seed in range(*task.seeds)]
        found[variable.name] = width**-0.5 * np.stack([np.random.default_rng(key).uniform(1, 2, shape) for key in keys])
    return found


def write(store: Path, plan: Plan, task: Task, state: State = "done") -> None:
    """Take a task to a state."""
    if state == "failed":
        ledger.fail(store, attempts.begin(task.id), "ValueError: no such luck")
    if state not in ("done", "written"):
        return
    opened, numbers = open_store(store), values(plan, task)
    kernel = plan.variable("kernel")
    if kernel is None or task.seeds[0] >= (kernel.kept_seeds or 0):
        numbers.pop("kernel", None)
    elif kernel.kept_seeds < task.seeds[1]:
        kept = range(kernel.kept_seeds)
        regions.write_region(opened, plan, task, {"kernel": numbers.pop("kernel")[: len(kept)]}, {"seed": kept})
    files = regions.write_region(opened, plan, task, numbers)
    if state == "done":
        ledger.publish(store, attempts.begin(task.id), files)


@pytest.fixture(scope="session")
def make(tmp_path_factory) -> Callable[..., tuple[Path, Plan]]:
    """Make a store whose tasks are in the state that a function of the task says."""

    def made(study: str | None = None, state: Callable[[Task], State] = lambda task: "done") -> tuple[Path, Plan]:
        path = tmp_path_factory.mktemp("results") / "small.zarr"
        question = parse_study(text() if study is None else study, Path())
        plan = make_plan(question, OUTLINE)
        creation.create(path, plan, provenance(question, equation="u'' = f", problem="poisson1d"), points(plan))
        for task in plan.tasks:
            write(path, plan, task, state(task))
        return path, plan

    return made


def points(plan: Plan) -> dict[str, np.ndarray]:
    """x = 0, 1, 2, ... in every cell, NaN below its last row."""
    shape = next(variable.shape for variable in plan.coordinates if variable.name == "x")
    x = np.full(shape, np.nan)
    for point in plan.points:
        x[point.index][: point.rows] = np.arange(point.rows)
    return {"x": x}
