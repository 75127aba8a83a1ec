"""A study planned against this machine and what its store holds, without running or writing anything."""

from dataclasses import dataclass
from pathlib import Path

from hpcpinn.launch.calibration import calibrate
from hpcpinn.launch.running import default_store, missing
from hpcpinn.launch.slurm import submission
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.plan.arrays import JobArray
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
        classes: resource classes of the missing tasks, on this machine.
        arrays: job arrays of the missing tasks, on a cluster.
        seconds: predicted for the missing tasks, one after the other on this machine, or by all elements of the arrays.
    """

    plan: Plan
    store: Path
    cells: int
    missing: int
    beyond: bool
    classes: tuple[ResourceClass, ...]
    arrays: tuple[JobArray, ...]
    seconds: float


def plan_study(study: str | Path, store: str | Path | None = None, profile: Profile | None = None) -> Planned:
    """Plan a study file for a cluster, or for this machine, which is measured for a second.

    Raises:
        HpcpinnError: the study is wrong, does not fit where it would run, or the store belongs to another one.
    """
    asked = read_study(study)
    path = Path(store) if store is not None else default_store(asked.name)
    question = extension.arranged(path, asked)
    plan = session.plan_of(question)
    waiting = list(plan.tasks) if creation.is_free(path) else missing(plan, _own(path, plan).path)
    beyond = [*map(len, _values(question))] != [*map(len, _values(asked))]
    known = (plan, path, len(list(question.cells())), len(waiting), beyond)
    if profile is not None:
        arrays = submission.arrays_of(plan, path.absolute(), waiting, profile)
        return Planned(*known, (), arrays, max(map(_seconds, arrays), default=0.0))
    session.refuse_unfitting(plan, path, waiting, workers=1)
    predicted = forecasts(plan, calibrate(path), waiting)
    return Planned(*known, classes(predicted), (), START_SECONDS + in_turn(predicted))


def _seconds(array: JobArray) -> float:
    """Seconds until an array is done if all its elements that may run at once do, and start at once."""
    return max(array.resources.longest, START_SECONDS + in_turn(array.forecasts) / array.throttle)


def _values(study: Study) -> tuple[tuple[Scalar, ...], ...]:
    return (*(axis.values for axis in study.axes), study.steps)


def _own(path: Path, plan: Plan) -> Store:
    store = open_store(path)
    extension.check(store, plan)
    return store
