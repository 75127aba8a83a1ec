"""`hpcpinn work`: one element of an array, from its start to its end."""

import os
from dataclasses import dataclass
from pathlib import Path

from hpcpinn import errors
from hpcpinn.launch import work as launch_work
from hpcpinn.launch.slurm import again, element, inquest, logs
from hpcpinn.launch.slurm.element import Leaving, Share
from hpcpinn.launch.slurm.notice import Notice
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.plan.forecast import forecasts
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.retries import Needs
from hpcpinn.plan.tasks import Task
from hpcpinn.run import group, session
from hpcpinn.store import place as places
from hpcpinn.store import submissions
from hpcpinn.store.place import Job
from hpcpinn.store.submissions import Array, Submission
from hpcpinn.study.study import Study

_DEVICES, _MOST_DEVICES = "JAX_NUM_CPU_DEVICES", 4


@dataclass(frozen=True)
class Element:
    """Which element of which array of a submission this is, and until when.

    Attributes:
        store: the store, absolute.
        number: of the submission.
        array: place of the array in it.
        ends: seconds since the epoch at which the job is ended.
        coordinator: "host:port" at which the processes of one task meet; None for a process alone.
    """

    store: Path
    number: int
    array: int
    ends: float
    coordinator: str | None = None


def run_element(element_: Element) -> Leaving:
    """Do tasks of the array until nothing is left or the time is over; come back if there is a reason to.

    Raises:
        ClusterError: this is no job of Slurm.
        StoreError: there is no such submission, or the disk refuses.
    """
    job = _job()
    submission = submissions.read(element_.store, element_.number)
    profile = Profile.model_validate(submission.profile)
    array = submission.arrays[element_.array]
    if submission.state != "open":
        # Slurm took it and nobody heard of it, or it was requeued after its submission had been closed.
        print(f"submission {submission.number} is {submission.state}: there is nothing to do", flush=True)
        return Leaving(0, 0)
    notice = Notice(element_.ends, profile.warning, profile.preemption != "none")
    notice.listen()
    os.environ.setdefault(_DEVICES, str(min(_MOST_DEVICES, profile.cpus_per_task)))
    study = session.study_of(element_.store)
    if not _is_first(element_, study):
        return Leaving(0, 0)
    print(logs.heading(job), flush=True)
    try:
        leaving = _work(element_, study, submission, profile, array, notice)
    finally:
        group.end()
    notice.deafen()
    if leaving.reason:
        index = int(os.environ.get("SLURM_ARRAY_TASK_ID", "0"))
        told = again.come_back(element_.store, element_.number, element_.array, index, job, leaving.reason, profile)
        print(f"stopped: {leaving.reason}. {told}", flush=True)
    return leaving


def _job() -> Job:
    job = places.job()
    if job is None:
        raise errors.ClusterError(
            "`hpcpinn work` outside of a job of Slurm; allowed: in a script that `hpcpinn submit` has made. "
            "`hpcpinn run STUDY` runs a study here."
        )
    return job


def _is_first(element_: Element, study: Study) -> bool:
    """Join the processes that compute every task together; the first of them has the store, the others follow it."""
    if element_.coordinator is None:
        return True
    rank = int(os.environ.get("SLURM_PROCID", "0"))
    group.join(element_.coordinator, int(os.environ.get("SLURM_NTASKS", "1")), rank)
    if rank:
        group.follow(study)
    return rank == 0


def _work(
    element_: Element, study: Study, submission: Submission, profile: Profile, array: Array, notice: Notice
) -> Leaving:
    store = element_.store
    lost = inquest.hold(store, profile.node)
    if lost:
        inquest.stay_away(submission, inquest.lost_nodes(store))
    plan = session.plan_of(study)
    mine = set(array.tasks)
    found = forecasts(plan, profile.rates, [task for task in plan.tasks if task.id in mine])
    index = int(os.environ.get("SLURM_ARRAY_TASK_ID", "0"))
    share = Share(found, index, array.elements, _Fit(store, plan, profile, array))
    return element.work(store, share, lambda task: launch_work.perform(study, store, task, elsewhere=True), notice)


class _Fit:
    """Whether a task may run here: one that has run out of memory needs a larger class."""

    def __init__(self, store: Path, plan: Plan, profile: Profile, array: Array) -> None:
        self._store, self._node, self._array = store, profile.node, array
        self._peaks = {task.id: cost.peak_bytes for task, cost in zip(plan.tasks, plan.costs, strict=True)}

    def __call__(self, task: Task) -> bool:
        needed = inquest.wanted(self._store).get(task.id, Needs())
        if needed.memory == 1:
            return True
        return inquest.granted(self._peaks[task.id], needed, self._node) <= self._array.memory * self._array.nodes
