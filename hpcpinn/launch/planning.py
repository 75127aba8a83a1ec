"""A study planned against this machine and what its store holds, without running or writing anything."""

from dataclasses import dataclass
from pathlib import Path

from hpcpinn.launch.calibration import calibrate
from hpcpinn.launch.running import default_store, missing
from hpcpinn.plan.classes import ResourceClass, classes
from hpcpinn.plan.duration import START_SECONDS
from hpcpinn.plan.forecast import forecasts, in_turn
from hpcpinn.plan.plan import Plan
from hpcpinn.run import session
from hpcpinn.store import creation, extension
from hpcpinn.store.store import Store, open_store
from hpcpinn.study.configuration import Scalar
from hpcpinn.study.reading import read_study
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Planned:
    """A study as it would be run here.

    Attributes:
        plan: the plan.
        store: where its store is or would be.
        cells: cells of the sweep.
        missing: tasks that are not done there.
        beyond: whether the store holds more than the study asks for; all of it is planned.
        classes: resource classes of the missing tasks.
        seconds: predicted for the missing tasks, one after the other on this machine.
    """

    plan: Plan
    store: Path
    cells: int
    missing: int
    beyond: bool
    classes: tuple[ResourceClass, ...]
    seconds: float


def plan_study(study: str | Path, store: str | Path | None = None) -> Planned:
    """Plan a study file, and measure this machine for a second to say how long it will take.

    Raises:
        HpcpinnError: the study is wrong, does not fit into this machine, or the store belongs to another one.
    """
    asked = read_study(study)
    path = Path(store) if store is not None else default_store(asked.name)
    question = extension.arranged(path, asked)
    plan = session.plan_of(question)
    waiting = list(plan.tasks) if creation.is_free(path) else missing(plan, _own(path, plan).path)
    session.refuse_unfitting(plan, path, waiting, workers=1)
    predicted = forecasts(plan, calibrate(path), waiting)
    seconds = START_SECONDS + in_turn(predicted)
    beyond = [*map(len, _values(question))] != [*map(len, _values(asked))]
    return Planned(plan, path, len(list(question.cells())), len(waiting), beyond, classes(predicted), seconds)


def _values(study: Study) -> tuple[tuple[Scalar, ...], ...]:
    return (*(axis.values for axis in study.axes), study.steps)


def _own(path: Path, plan: Plan) -> Store:
    store = open_store(path)
    extension.check(store, plan)
    return store
