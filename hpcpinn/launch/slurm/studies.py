"""From a study file to what is submitted of it, and to Slurm."""

from dataclasses import dataclass, replace
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.running import default_store, missing
from hpcpinn.launch.slurm import client, inquest, submission
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.launch.slurm.submission import Prepared
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.run import session
from hpcpinn.store import creation, extension, submissions
from hpcpinn.store.submissions import Submission
from hpcpinn.study.reading import read_study
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Request:
    """What is asked of a cluster.

    Attributes:
        study: the study as it was asked for.
        plan: its plan, with all that the store holds besides.
        store: absolute path of the store.
        profile: the cluster.
        missing: tasks that are not done.
        tasks: those of them that no job in the queue will do.
    """

    study: Study
    plan: Plan
    store: Path
    profile: Profile
    missing: tuple[Task, ...]
    tasks: tuple[Task, ...]

    def prepared(self) -> Prepared:
        """Arrays and scripts; nothing is written, and Slurm is not needed."""
        return submission.prepare(self.plan, self.store, self.tasks, self.profile)


def request(study: str | Path, store: str | Path | None, profile: Profile) -> Request:
    """What a study, with all that its store holds besides, has left to do; nothing is written.

    Raises:
        HpcpinnError: the study is wrong, or the store belongs to another one.
    """
    asked = read_study(study)
    path = Path(store if store is not None else default_store(asked.name)).absolute()
    plan = session.plan_of(extension.arranged(path, asked))
    return _request(asked, plan, path, profile)


def _request(study: Study, plan: Plan, path: Path, profile: Profile) -> Request:
    waiting = list(plan.tasks) if creation.is_free(path) else missing(plan, path)
    free = submission.uncovered(path, waiting)
    return Request(study, plan, path, profile, tuple(waiting), tuple(free))


def submit(asked: Request) -> Submission | None:
    """Make or extend the store, and hand to Slurm what no job in the queue will do; None when that is nothing.

    Raises:
        HpcpinnError: the study, its terms or its tasks are refused, and nothing is submitted.
        ClusterError: Slurm does not answer, or refuses.
    """
    if not asked.tasks:
        return None
    asked.prepared()  # what is refused is refused before anything is written
    opened = session.make_session(asked.study, asked.store, lambda plan: None)
    inquest.hold(asked.store, asked.profile.node)
    now = _request(asked.study, opened.plan, asked.store, asked.profile)
    submission.forgive(now.store, now.tasks)
    return submission.submit(now.prepared(), now.store) if now.tasks else None


def cancel(store: Path) -> list[str]:
    """Cancel the jobs of all open submissions, and let none of them submit again; the ids of the jobs.

    Raises:
        ClusterError: Slurm does not answer.
    """
    found = [one for one in submissions.read_all(store) if one.state == "open"]
    for one in found:
        submissions.write(store, replace(one, state="cancelled", summary="cancelled by hand"))
    jobs = [job for one in found for job in submissions.all_jobs(store, one)]
    try:
        client.cancel(jobs)
    except ClusterError:
        for one in found:  # they go on, and whoever tries again finds them
            submissions.write(store, one)
        raise
    return jobs
