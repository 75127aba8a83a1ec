"""A small study run by processes of their own, which tests race and kill.

    process.py create STORE            make the store and print its created attribute
    process.py run STORE               run what is missing, one line per published task
    process.py publish STORE TASK N    publish one task N times at once with others; print how often it was first

So many steps of training, which nobody does, make tasks of 8 seeds: three for every cell.

Every number is a function of its task, so that any process that runs a task writes the same bits.
"""

import sys
from pathlib import Path

import numpy as np

from hpcpinn.plan.hypercube import MEASURED
from hpcpinn.plan.outline import Outline
from hpcpinn.plan.plan import make_plan
from hpcpinn.store import ledger
from hpcpinn.store.creation import create
from hpcpinn.store.provenance import provenance
from hpcpinn.store.regions import write_region
from hpcpinn.store.store import open_store
from hpcpinn.study.reading import parse_study

TEXT = """
name = "small"
problem = "poisson1d"
[sweep]
width = [4, 16]
depth = [1, 2]
seed = 20
[points]
residual = 24
boundary = 2
[training]
steps = 1000000
[kernel]
tile = 16
"""
CHANNELS = {"residual": 3, "boundary": 1}
OUTLINE = Outline(("x",), ("u",), CHANNELS, {"residual": 2, "boundary": 1}, {"residual": 1, "boundary": 1}, True)


def planned(text=TEXT):
    study = parse_study(text, Path())
    return study, make_plan(study, OUTLINE)


def made(path, text=TEXT):
    study, plan = planned(text)
    points = next(variable for variable in plan.coordinates if variable.name == "x")
    return create(path, plan, provenance(study), {"x": np.zeros(points.shape)}), plan


def values(plan, task, names=None):
    """Numbers that depend on task, variable and position."""
    random = np.random.default_rng(int(task.id, 16))
    found = {
        variable.name: random.normal(size=(task.count, *variable.shape[len(task.cell) + 1 :]))
        for variable in plan.variables
    }
    return {name: found[name] for name in names or found}


def run_task(store, plan, task):
    numbers = values(plan, task)
    with ledger.attempt(store.path, task.id) as attempt:
        measured = write_region(store, plan, task, {name: numbers.pop(name) for name in MEASURED})
        files = write_region(store, plan, task, numbers)
        return ledger.publish(store.path, attempt, files, measured)


def run(store, plan):
    done = ledger.done(store.path)
    for task in plan.tasks:
        if task.id not in done:
            run_task(store, plan, task)
            print(task.id, flush=True)


def main(command, path, *more):
    if command == "create":
        print(made(path)[0].attributes["created"])
    elif command == "run":
        run(*made(path))
    else:
        _, plan = planned()
        task = next(task for task in plan.tasks if task.id == more[0])
        print(sum(run_task(open_store(path), plan, task) for _ in range(int(more[1]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
