"""A Slurm that only keeps a list; what a real one does is in tests/cluster."""

import dataclasses
import os

import pytest

from hpcpinn.launch.slurm import logs, submission
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.store import attempts, layout, ledger
from hpcpinn.store.place import Job
from tests.launch.slurm.fake.control import FakeSlurm, path
from tests.store.process import made, planned


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    """sbatch, squeue, scancel, scontrol and sinfo on PATH, for this process and those it starts: see `FakeSlurm`."""
    fake = FakeSlurm(tmp_path / "fake_slurm")
    monkeypatch.setenv("PATH", path([fake.bin]))
    for name in ("SLURM_CONF", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    return fake


PROFILE = {
    "partition": "batch",
    "memory_per_node": "64 GiB",
    "walltime": "24:00:00",
    "target": "0:00:05",
    "array_size": 4,
    "running": 3,
    "submitted": 9,
    "python": "python",
}
# Two widths that ask for different memory: two arrays.
STUDY = """
name = "two-sizes"
problem = "poisson1d"
[sweep]
width = [4, 8192]
depth = [3]
seed = 12
[points]
residual = 24
boundary = 2
"""


@pytest.fixture
def profile():
    """A cluster, with some fields of one's own."""

    def made(**fields):
        return Profile.model_validate({**PROFILE, **fields})

    return made


@pytest.fixture(scope="session")
def plan():
    return planned(STUDY)[1]


@pytest.fixture
def store(tmp_path):
    """The store of the plan, in which nothing is done."""
    return made(tmp_path / "two sizes.zarr", STUDY)[0].path


@pytest.fixture
def publish(store, plan):
    """Make tasks done."""

    def publish(tasks):
        for task in tasks:
            (store / "chunk").touch()
            ledger.publish(store, attempts.begin(task if isinstance(task, str) else task.id), ["chunk"])

    return publish


@pytest.fixture
def submit(store, plan, profile):
    """Submit what is not done of the plan."""

    def submit(**fields):
        left = [task for task in plan.tasks if task.id not in ledger.done(store)]
        tasks = submission.uncovered(store, left)
        return submission.submit(submission.prepare(plan, store, tasks, profile(**fields)), store)

    return submit


@pytest.fixture
def die(store):
    """An attempt of a job that was killed: its marker, and what the job had printed."""

    def die(task, job="1_0", run=0, node="node1", log="", started=None):
        mine = dataclasses.replace(attempts.begin(task), job=Job(job, run, node))
        mine = dataclasses.replace(mine, started=started or mine.started)
        marker = layout.running(store, task, mine.id)
        attempts._mark(marker, mine)
        os.utime(marker, (0, 0))
        if log:
            logs.path(store, job).parent.mkdir(exist_ok=True)
            logs.path(store, job).write_text(log)
        return mine

    return die
