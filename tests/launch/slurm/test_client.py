import os
import time

import pytest

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import client
from hpcpinn.launch.slurm.client import Facts, Queued
from tests.launch.slurm.fake.control import NO_ACCOUNT, NO_ANSWER, SUBMIT_LIMIT


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "the job.sbatch"
    path.write_text("#!/bin/bash\n#SBATCH --array=0-5%2\ntrue\n")
    return path


def test_a_script_becomes_a_job(fake_slurm, script):
    assert client.submit(script) == "1"
    assert client.submit(script, "--array=7", "--dependency=afterany:1") == "2"
    assert [job.indices for job in fake_slurm.jobs] == [[0, 1, 2, 3, 4, 5], [7]]


@pytest.mark.parametrize("greeting", ["Welcome to the cluster 2000", "sbatch: 7 cores", "\n\n1;2"])
def test_what_a_site_says_in_front_is_no_job(fake_slurm, script, greeting):
    fake_slurm.say("sbatch", greeting)
    assert client.submit(script) == "1"


def test_an_answer_without_a_job_is_told(fake_slurm, script):
    fake_slurm.fail("sbatch", "", status=0)
    with pytest.raises(ClusterError, match=r"`sbatch` answers '', which is no job id"):
        client.submit(script)


@pytest.mark.parametrize("said", [SUBMIT_LIMIT, NO_ACCOUNT, NO_ANSWER])
def test_a_refusal_is_told_in_words_of_slurm(fake_slurm, script, said):
    fake_slurm.fail("sbatch", said)
    with pytest.raises(ClusterError) as refused:
        client.submit(script)
    for line in said.splitlines():
        assert line.removeprefix("sbatch: error: ") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_refusal_without_words_tells_its_status(fake_slurm, script):
    fake_slurm.fail("sbatch", "", status=3)
    with pytest.raises(ClusterError, match="`sbatch` refuses: exit status 3"):
        client.submit(script)


def test_a_command_that_hangs_is_left(fake_slurm, script, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.5)
    fake_slurm.hang("sbatch", seconds=30)
    started = time.monotonic()
    with pytest.raises(ClusterError, match=r"`sbatch` has not answered for 0\.5 s\. Try again"):
        client.submit(script)
    assert time.monotonic() - started < 10


def test_without_slurm_the_way_is_told(monkeypatch, tmp_path, script):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"`sbatch` is not on this machine.*--dry-run"):
        client.submit(script)
    assert client.job_of(script) is None
    assert client.facts("1") == Facts()
    assert not client.is_broken("node1")


def test_a_job_is_found_by_its_script(fake_slurm, script, tmp_path):
    other = tmp_path / "other.sbatch"
    other.write_text(script.read_text())
    assert client.job_of(script) is None
    for path in (script, other, script, other):
        client.submit(path)
    assert client.job_of(script) == "3"
    assert client.job_of(tmp_path / "third.sbatch") is None


def test_the_queue_shows_jobs_that_are_asked_for(fake_slurm, script):
    for _ in range(3):
        client.submit(script)
    fake_slurm.set(1, "RUNNING", 0, node="node2")
    fake_slurm.set(2, "COMPLETED")
    fake_slurm.say("squeue", "Maintenance on Monday | see the web")
    found = client.queue(["1", "2_3", "99"])
    assert {one.job for one in found} == {"1", "2"}
    assert Queued("1_0", "RUNNING", 1, "node2") in found
    assert [one.elements for one in found if one.state == "PENDING"] == [5]
    assert all(one.is_over for one in found if one.job == "2")
    assert sum(one.elements for one in found) == 12


def test_nothing_is_asked_about_no_jobs(fake_slurm):
    assert client.queue([]) == []
    client.cancel([])
    assert fake_slurm.calls == []


@pytest.mark.parametrize(
    ("identity", "elements"),
    [("12", 1), ("12_3", 1), ("12_[3]", 1), ("12_[0-9%3]", 10), ("12_[0,2,4%1]", 3), ("12_[0-8:2]", 5),
     ("12_[0-8:2,11-12%4]", 7), ("12_[1,3,5,...]", 3), ("12_[1,3-...]", 2), ("12_[...]", 1)],
)  # fmt: skip
def test_elements_that_wait_together_are_counted(identity, elements):
    assert client._elements(identity) == elements


def test_facts_of_an_element(fake_slurm, script):
    client.submit(script)
    fake_slurm.set(1, "OUT_OF_MEMORY", 2, restarts=3)
    assert client.facts("1_2") == Facts("OUT_OF_MEMORY", 3)
    assert client.facts("1_1") == Facts("PENDING", 0)
    fake_slurm.forget(1)
    assert client.facts("1_2") == Facts()


@pytest.mark.parametrize(
    ("state", "broken"),
    [("idle", False), ("mixed", False), ("down", True), ("down*", True), ("idle*", True), ("drained", True),
     ("draining", True), ("powering_down", False), ("failing", True), ("unknown", True), ("allocated", False)],
)  # fmt: skip
def test_a_broken_node_is_known(fake_slurm, state, broken):
    fake_slurm.configure(states={"node2": state})
    assert client.is_broken("node2") == broken
    assert not client.is_broken("node1")


def test_jobs_are_requeued_and_cancelled_and_kept_off_nodes(fake_slurm, script):
    client.submit(script)
    fake_slurm.set(1, "RUNNING", 0)
    client.requeue("1_0")
    client.exclude("1", ["node3", "node1"])
    client.cancel(["1"])
    assert set(fake_slurm.states(1).values()) == {"CANCELLED"}
    assert ["scontrol", "update", "JobId=1", "ExcNodeList=node1,node3"] in fake_slurm.calls
    with pytest.raises(ClusterError, match="`scontrol` refuses"):
        client.requeue("99_1")


def test_a_job_around_this_process_is_not_handed_on(fake_slurm, script, monkeypatch):
    for name in ("SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SBATCH_PARTITION", "SLURMD_NODENAME"):
        monkeypatch.setenv(name, "5")
    monkeypatch.setenv("SLURM_CONF", "/etc/slurm.conf")
    client.submit(script)
    (job,) = fake_slurm.jobs
    assert {name for name in job.environment if name.startswith(("SLURM", "SBATCH"))} == {"SLURM_CONF"}
    assert os.environ["SLURM_JOB_ID"] == "5"


def test_names_in_the_queue_need_not_be_text(fake_slurm, script):
    client.submit(script)
    (fake_slurm.bin / "squeue").write_bytes(b"#!/bin/sh\nprintf '1_[0-3]|PENDING|Caf\\351|\\n'\n")
    assert [one.elements for one in client.queue(["1"])] == [4]
