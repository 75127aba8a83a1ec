import pytest

from hpcpinn.store import attempts, place
from hpcpinn.store.place import Job


def test_outside_of_slurm_there_is_no_job():
    assert place.job({}) is None
    assert place.job({"SLURM_JOB_ID": "", "SLURMD_NODENAME": "n1"}) is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Job("15", 0, "n1")),
        ({"SLURM_RESTART_COUNT": "2"}, Job("15", 2, "n1")),
        ({"SLURM_RESTART_COUNT": "many"}, Job("15", 0, "n1")),
        ({"SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "0"}, Job("12_0", 0, "n1")),
        ({"SLURM_ARRAY_JOB_ID": "12"}, Job("15", 0, "n1")),
        ({"SLURMD_NODENAME": ""}, Job("15", 0, "")),
    ],
)
def test_a_job_is_named_as_every_command_takes_it(more, expected):
    assert place.job({"SLURM_JOB_ID": "15", "SLURMD_NODENAME": "n1", **more}) == expected


def test_an_attempt_says_in_which_job_it_was(monkeypatch):
    for name in ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    assert "job" not in attempts.begin("a").facts
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURMD_NODENAME", "n3")
    assert attempts.begin("a").facts["job"] == {"id": "7", "run": 0, "node": "n3"}
