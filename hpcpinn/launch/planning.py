"""A study planned against this machine, without running or writing anything."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpcpinn.launch.running import default_store, missing
from hpcpinn.plan.plan import Plan
from hpcpinn.run import session
from hpcpinn.store import creation
from hpcpinn.store.store import Store, open_store
from hpcpinn.study.reading import read_study

_SIZE = 768


@dataclass(frozen=True)
class Planned:
    """A plan, where its store would be, what is missing there, and a lower bound of the time on this machine."""

    plan: Plan
    store: Path
    cells: int
    missing: int
    seconds: float


def plan_study(study: str | Path, store: str | Path | None = None) -> Planned:
    """Plan a study file.

    Raises:
        HpcpinnError: the study is wrong, does not fit into this machine, or the store belongs to another one.
    """
    question = read_study(study)
    path = Path(store) if store is not None else default_store(question.name)
    plan = session.plan_of(question)
    waiting = list(plan.tasks) if creation.is_free(path) else missing(plan, _own(path, plan).path)
    session.refuse_unfitting(plan, path, waiting, workers=1)
    return Planned(plan, path, len(list(question.cells())), len(waiting), plan.total.flops / product_rate())


def _own(path: Path, plan: Plan) -> Store:
    return creation.own(open_store(path), plan)


def product_rate() -> float:
    """FLOP per second of a float64 matrix product of NumPy on this machine."""
    matrix = np.ones((_SIZE, _SIZE))
    np.dot(matrix, matrix)
    started = time.perf_counter()
    np.dot(matrix, matrix)
    return 2 * _SIZE**3 / (time.perf_counter() - started)
