"""Tests in a real Slurm. They need the cluster of `slurm.sh` for themselves: `make test-slurm` starts one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.laboratory import Laboratory

HERE = Path(__file__).parent
HOW = "make test-slurm; Debian: apt-get install slurmctld slurmd slurm-client"


def missing() -> str | None:
    """Why these tests cannot run here."""
    if shutil.which("sbatch") is None:
        return f"Slurm is not installed ({HOW})"
    configuration = Path(os.environ.get("SLURM_CONF", ""))
    if not configuration.is_file() or "ClusterName=laboratory" not in configuration.read_text():
        return f"no Slurm of tests/cluster/slurm.sh runs here ({HOW})"
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        return f"one cluster is not for several workers at once ({HOW})"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is in this folder, in one place: one line of the summary. HPCPINN_REQUIRE_SLURM=1 makes it an error."""
    if reason := missing():
        if os.environ.get("HPCPINN_REQUIRE_SLURM") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def cluster() -> Laboratory:
    """The cluster; see `Laboratory`."""
    return Laboratory(os.environ["SLURM_CONF"])


@pytest.fixture(autouse=True)
def calm(cluster: Laboratory) -> Iterator[None]:
    """Every test leaves an empty cluster behind."""
    yield
    cluster.calm()


@pytest.fixture
def submit(cluster: Laboratory, tmp_path: Path) -> Callable[..., int]:
    """Submit a bash script from the test's folder, where its output goes to `%a.out`, or `out` without an array."""

    def submit(text: str, *options: object) -> int:
        name = "%a.out" if any(str(option).startswith("--array") for option in options) else "out"
        where = ["--chdir", tmp_path, "--output", tmp_path / name, "--open-mode=append"]
        return cluster.sbatch(*where, *options, script=f"#!/bin/bash\n{text}\n")

    return submit


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
