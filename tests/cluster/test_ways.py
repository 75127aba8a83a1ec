"""Other ways to work on a real cluster: by hand, over several nodes, growing while it runs, cancelled."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

import hpcpinn as package
from hpcpinn.launch.slurm import client
from hpcpinn.store import ledger, submissions
from tests.cluster.test_submission import is_quiet, printed
from tests.launch.conftest import assert_same_bits

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SMALL = """
name = "growing"
problem = "poisson1d"
[sweep]
width = {width}
depth = 1
seed = {seed}
[points]
residual = 20
boundary = 2
[training]
steps = 300
record = {record}
[kernel]
keep = "none"
"""
BEFORE = {"width": "[4, 16]", "seed": "1280", "record": "[0, 100]"}
AFTER = {"width": "[4, 8, 16]", "seed": "1290", "record": "[0, 100, 300]"}


def by_hand(script, *arguments, options=()):
    """Submit a script of the folder slurm as a user does; the id of the job."""
    command = ["sbatch", "--parsable", *options, ROOT / "slurm" / script, *arguments]
    environment = {**os.environ, "HPCPINN_PYTHON": sys.executable, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_study_that_grows_while_it_runs(cluster, profile, hpcpinn, tmp_path):
    study, store = tmp_path / "growing.toml", tmp_path / "growing.zarr"
    study.write_text(SMALL.format(**BEFORE))
    hpcpinn("submit", study, "--cluster", profile(), "--store", store)
    cluster.wait_for(lambda: len(ledger.done(store)) > 1, seconds=120)
    before = {task: ledger.read(store, task)["attempt"] for task in ledger.done(store)}
    study.write_text(SMALL.format(**AFTER))
    told = hpcpinn("submit", study, "--cluster", profile(), "--store", store)
    assert re.search(r"\d+ tasks are in the queue already", told)
    first, second = submissions.read_all(store)
    assert not first.tasks & second.tasks
    cluster.wait_for(lambda: is_quiet(cluster), seconds=300, every=1)
    after = {task: ledger.read(store, task)["attempt"] for task in ledger.done(store)}
    assert before.items() <= after.items()
    assert after.keys() == first.tasks | second.tasks, printed(store)
    hpcpinn("run", study, "--store", tmp_path / "whole.zarr")
    assert_same_answers(store, tmp_path / "whole.zarr")
    assert "nothing to submit" in hpcpinn("submit", study, "--cluster", profile(), "--store", store)


def assert_same_answers(left, right):
    """Two stores whose tasks were cut differently show the same numbers, to the bit."""
    here, there = package.open_study(left), package.open_study(right)
    assert here.sizes == there.sizes
    for name in set(here.data_vars) - {"seconds", "peak_bytes", "task"}:
        np.testing.assert_array_equal(here[name].values, there[name].values, err_msg=name)


def test_an_array_by_hand(cluster, study, hpcpinn, serial, tmp_path):
    store = tmp_path / "hand.zarr"
    options = ("--array=0-2", "--mem=1G", "--cpus-per-task=1", f"--chdir={tmp_path}")
    job = by_hand("array.sbatch", study, "--store", store, options=options)
    cluster.wait_for(lambda: cluster.ended(job), seconds=300, every=1)
    assert set(cluster.states(job).values()) == {"COMPLETED"}, printed(tmp_path)
    assert_same_bits(store, serial)


def test_one_task_on_two_nodes_has_the_bits_of_one_process(cluster, hpcpinn, tmp_path):
    study = HERE / "studies" / "spread.toml"
    hpcpinn("run", study, "--store", tmp_path / "alone.zarr")
    options = ("--mem=2G", "--cpus-per-task=2", f"--chdir={tmp_path}")
    job = by_hand("nodes.sbatch", study, "--store", tmp_path / "hand.zarr", options=options)
    cluster.wait_for(lambda: cluster.ended(job), seconds=300, every=1)
    assert cluster.state(job) == "COMPLETED", (tmp_path / f"hpcpinn-{job}.log").read_text()
    assert_same_bits(tmp_path / "hand.zarr", tmp_path / "alone.zarr")


def test_a_task_too_large_for_a_node_is_submitted_to_two(cluster, profile, hpcpinn, tmp_path):
    study, store = HERE / "studies" / "spread.toml", tmp_path / "spread.zarr"
    small = profile()
    small.write_text(small.read_text().replace('"8 GiB"', '"1400 MiB"').replace("speed = 0.001", "nodes_per_task = 2"))
    assert "2 nodes" in hpcpinn("submit", study, "--cluster", small, "--store", store)
    cluster.wait_for(lambda: is_quiet(cluster), seconds=300, every=1)
    assert len(ledger.done(store)) == 1, printed(store)
    hpcpinn("run", study, "--store", tmp_path / "alone.zarr")
    assert_same_bits(store, tmp_path / "alone.zarr")


def test_cancelled_jobs_stay_away_until_they_are_submitted_again(cluster, study, profile, hpcpinn, serial, tmp_path):
    store = tmp_path / "jobs.zarr"
    hpcpinn("submit", study, "--cluster", profile(), "--store", store)
    cluster.wait_for(lambda: len(ledger.done(store)) > 3, seconds=120)
    assert "cancelled: " in hpcpinn("cancel", store)
    cluster.wait_for(lambda: is_quiet(cluster), seconds=60)
    done = {task: ledger.read(store, task)["attempt"] for task in ledger.done(store)}
    assert 3 < len(done) < 60
    hpcpinn("submit", study, "--cluster", profile(), "--store", store)
    cluster.wait_for(lambda: is_quiet(cluster), seconds=300, every=1)
    assert done.items() <= {task: ledger.read(store, task)["attempt"] for task in ledger.done(store)}.items()
    assert_same_bits(store, serial)


def test_what_slurm_holds_after_a_failed_launch_is_released(cluster, submit):
    """A node comes back with the process of a job that is started there again: Slurm gives up, and waits for a word."""
    node, *others = cluster.nodes
    for other in others:
        cluster.scontrol("update", f"nodename={other}", "state=drain", "reason=test")
    job = submit("srun sleep 60", "--array=0")
    cluster.wait_for(lambda: "sleep" in cluster.run("squeue", "-h", "--steps", "-j", job))
    with cluster.frozen(job):
        cluster.scontrol("update", f"nodename={node}", "state=down", "reason=test")
        cluster.scontrol("update", f"nodename={node}", "state=resume")
        cluster.wait_for(lambda: "launch failed" in cluster.squeue(job)[0]["reason"], seconds=60)
    (held,) = cluster.wait_for(lambda: [one for one in client.queue([str(job)]) if one.has_failed_to_launch])
    for other in others:
        cluster.node_resume(other)
    client.release(held.id)
    cluster.wait_for_state(job, "RUNNING", seconds=60)
