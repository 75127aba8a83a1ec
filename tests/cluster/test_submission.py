"""A study on a real cluster, in good weather and in bad: nothing lost, nothing twice, the bits of a serial run."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hpcpinn.store import ledger
from tests.cluster.weather import Weather
from tests.launch.conftest import assert_same_bits

HERE = Path(__file__).parent
TASKS = 60
PROFILE = """
partition = "{partition}"
memory_per_node = "8 GiB"
cpus_per_task = 1
walltime = "0:02:00"
target = "0:02:00"
warning = "0:00:30"
preemption = "{preemption}"
array_size = 100
running = 5
submitted = 14
speed = 0.001
python = {python}
[environment]
JAX_PLATFORMS = "cpu"
JAX_COMPILATION_CACHE_DIR = {cache}
JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = "0"
"""


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """All jobs keep what they compiled, as they would on a shared disk."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture
def profile(tmp_path, programs):
    def write(partition="batch", preemption="requeue"):
        path = tmp_path / f"{partition}.toml"
        names = {"python": json.dumps(sys.executable), "cache": json.dumps(str(programs))}
        path.write_text(PROFILE.format(partition=partition, preemption=preemption, **names))
        return path

    return write


@pytest.fixture
def hpcpinn(programs):
    """Run `hpcpinn` to its end; what it printed."""
    cache = {"JAX_COMPILATION_CACHE_DIR": str(programs), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}

    def run(*arguments, status=0):
        command = [sys.executable, "-m", "hpcpinn", *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, env={**os.environ, **cache, "COLUMNS": "200"}
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def study(tmp_path):
    for name in ("storm.py", "storm.toml"):
        shutil.copy(HERE / "studies" / name, tmp_path)
    return tmp_path / "storm.toml"


@pytest.fixture(scope="session")
def serial(tmp_path_factory, programs):
    """The study run one task after the other: what every other way has to equal, bit for bit."""
    folder = tmp_path_factory.mktemp("serial")
    for name in ("storm.py", "storm.toml"):
        shutil.copy(HERE / "studies" / name, folder)
    cache = {"JAX_COMPILATION_CACHE_DIR": str(programs), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    command = [sys.executable, "-m", "hpcpinn", "run", folder / "storm.toml", "--store", folder / "serial.zarr"]
    subprocess.run(command, check=True, capture_output=True, timeout=600, env={**os.environ, **cache})
    return folder / "serial.zarr"


def is_quiet(cluster):
    """Whether no job of a study is left."""
    return not any("hpcpinn" in job["name"] for job in cluster.squeue() if job["state"] in {"PENDING", "RUNNING"})


def printed(store):
    return "\n".join(path.read_text() for path in sorted((store / "ledger" / "logs").glob("*.log")))


def test_sixty_tasks_in_three_classes(cluster, study, profile, hpcpinn, serial, tmp_path):
    store = tmp_path / "jobs.zarr"
    told = hpcpinn("submit", study, "--cluster", profile(), "--store", store)
    assert len(re.findall(r"^job \d+: 20 tasks in", told, re.MULTILINE)) == 3
    assert "nothing to submit: 60 tasks are in the queue" in hpcpinn(
        "submit", study, "--cluster", profile(), "--store", store
    )
    cluster.wait_for(lambda: is_quiet(cluster), seconds=400, every=1)
    assert len(ledger.done(store)) == TASKS, printed(store)
    assert_same_bits(store, serial)
    assert "60 of 60 tasks done, 0 failed" in printed(store)
    assert len(re.findall(r"^== task ", printed(store), re.MULTILINE)) == TASKS  # none was begun twice
    assert ledger.ends(store) == []


@pytest.mark.parametrize(("partition", "preemption"), [("batch", "requeue"), ("fleeting", "cancel")])
def test_in_bad_weather(partition, preemption, cluster, study, profile, hpcpinn, serial, tmp_path):
    store = tmp_path / "storm.zarr"
    for trouble in ("memory-0", "memory-1", "time-0"):
        (tmp_path / f"{trouble}.trouble").touch()
    hpcpinn("submit", study, "--cluster", profile(partition, preemption), "--store", store)
    weather = Weather(cluster, seed=5)
    order = [*weather.ways] * 2
    weather.random.shuffle(order)
    for name in order:
        cluster.wait_for(lambda name=name: weather.blow(name) or is_quiet(cluster), seconds=120, every=0.5)
    cluster.wait_for(lambda: is_quiet(cluster), seconds=600, every=1)
    print(weather.seen, hpcpinn("status", store))
    assert len(ledger.done(store)) == TASKS, printed(store)
    assert_same_bits(store, serial)
    assert not ledger.failed(store)
    reasons = [end.reason for end in ledger.ends(store)]
    assert reasons.count("killed") == 0, printed(store)
    assert reasons.count("memory") == 2
