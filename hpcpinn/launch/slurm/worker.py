"""`hpcpinn work`: one element of an array, from its start to its end."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.launch import work as launch_work
from hpcpinn.launch.running import default_store, missing
from hpcpinn.launch.slurm import again, element, held, inquest, logs
from hpcpinn.launch.slurm.element import Leaving, Share
from hpcpinn.launch.slurm.notice import LATE, WALLTIME, Notice
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.plan.classes import Node
from hpcpinn.plan.forecast import forecasts
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.rates import REFERENCE, Rates
from hpcpinn.plan.retries import Needs
from hpcpinn.plan.tasks import Task
from hpcpinn.run import group, session
from hpcpinn.store import submissions
from hpcpinn.store.place import Job
from hpcpinn.study.reading import read_study
from hpcpinn.study.study import Study

_DEVICES, _MOST_DEVICES = "JAX_NUM_CPU_DEVICES", 4


@dataclass(frozen=True)
class Element:
    """Which element of which array of a submission this is.

    Attributes:
        store: the store, absolute.
        number: of the submission.
        array: place of the array in it.
        job: the job of the element.
        coordinator: "host:port" at which the processes of one task meet; None for a process alone.
    """

    store: Path
    number: int
    array: int
    job: Job
    coordinator: str | None = None


def run_element(mine: Element, notice: Notice) -> Leaving:
    """Do tasks of the array until nothing is left or the time is over; come back if there is a reason to.

    Raises:
        StoreError: there is no such submission, or the disk refuses.
        DeviceError: the processes of one task do not find each other.
    """
    submission = submissions.read(mine.store, mine.number)
    profile = Profile.model_validate(submission.profile)
    if submission.state != "open":
        # Slurm took it and nobody heard of it, or it was requeued after its submission had been closed.
        print(f"submission {submission.number} is {submission.state}: there is nothing to do", flush=True)
        return Leaving(0, 0)
    array = submission.arrays[mine.array]
    _make_devices(profile.cpus_per_task)
    study = session.study_of(mine.store)
    if not _is_first(mine.coordinator, study):
        return Leaving(0, 0)
    print(logs.heading(mine.job), flush=True)
    lost = inquest.hold(mine.store, profile.node)
    if lost:
        inquest.stay_away(submission, inquest.lost_nodes(mine.store))
    plan = session.plan_of(study)
    own = set(array.tasks)
    tasks = [task for task in plan.tasks if task.id in own]
    granted = _Granted(mine.store, plan, profile.node, array.memory * array.nodes)
    share = _share(plan, tasks, profile.rates, array.elements, granted)
    leaving = _work(study, mine.store, share, notice)
    held.release(mine.store, submission)
    if leaving.reason:
        then = again.come_back(mine.store, mine.number, mine.array, _index(), mine.job, leaving.reason, profile)
        _say(leaving, then)
    return leaving


def run_by_hand(study: Path, store: Path | None, job: Job, notice: Notice) -> Leaving:
    """Do whatever is missing of a study, as an element of an array that somebody has submitted by hand.

    Raises:
        HpcpinnError: the study is wrong, or does not fit into this job.
    """
    asked = read_study(study)
    path = (store if store is not None else default_store(asked.name)).absolute()
    _make_devices(int(os.environ.get("SLURM_CPUS_PER_TASK", "1")))
    opened = session.open_session(asked, path, workers=1)
    print(logs.heading(job), flush=True)
    node = Node(int(os.environ.get("SLURM_MEM_PER_NODE", "0")) * 2**20 or 2**62)
    inquest.hold(path, node)
    granted = _Granted(path, opened.plan, node, node.memory)
    elements = int(os.environ.get("SLURM_ARRAY_TASK_COUNT", "1"))
    share = _share(opened.plan, missing(opened.plan, path), REFERENCE, elements, granted)
    leaving = _work(opened.study, path, share, notice)
    if leaving.reason:
        _say(leaving, again.requeue(job) if leaving.reason in (WALLTIME, LATE) else "")
    return leaving


def _work(study: Study, store: Path, share: Share, notice: Notice) -> Leaving:
    try:
        return element.work(store, share, lambda task: launch_work.perform(study, store, task, elsewhere=True), notice)
    finally:
        group.end()
        notice.deafen()


def _share(plan: Plan, tasks: Sequence[Task], rates: Rates, elements: int, fits: Callable[[Task], bool]) -> Share:
    first = int(os.environ.get("SLURM_ARRAY_TASK_MIN", "0"))
    # An element that was submitted again is alone in its array, and keeps its place.
    place = _index() if int(os.environ.get("SLURM_ARRAY_TASK_COUNT", "1")) == 1 else _index() - first
    return Share(forecasts(plan, rates, tasks), place, elements, fits)


def _index() -> int:
    return int(os.environ.get("SLURM_ARRAY_TASK_ID", "0"))


def _say(leaving: Leaving, then: str) -> None:
    print(f"stopped: {leaving.reason}{f'; {then}' if then else ''}", flush=True)


def _make_devices(cores: int) -> None:
    """As many devices as the job has cores, not the node."""
    os.environ.setdefault(_DEVICES, str(max(1, min(_MOST_DEVICES, cores))))


def _is_first(coordinator: str | None, study: Study) -> bool:
    """Join the processes that compute every task together; the first of them has the store, the others follow it."""
    if coordinator is None:
        return True
    rank = int(os.environ.get("SLURM_PROCID", "0"))
    group.join(coordinator, int(os.environ.get("SLURM_NTASKS", "1")), rank)
    if rank:
        group.follow(study)
    return rank == 0


class _Granted:
    """Whether a task may run with the memory of these elements: one that has run out of it needs a larger class."""

    def __init__(self, store: Path, plan: Plan, node: Node, memory: int) -> None:
        self._store, self._node, self._memory = store, node, memory
        self._peaks = {task.id: cost.peak_bytes for task, cost in zip(plan.tasks, plan.costs, strict=True)}

    def __call__(self, task: Task) -> bool:
        needed = inquest.wanted(self._store).get(task.id, Needs())
        return needed.memory == 1 or inquest.granted(self._peaks[task.id], needed, self._node) <= self._memory
