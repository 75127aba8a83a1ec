"""Tests in a real Slurm. They need the cluster of `slurm.sh` for themselves: `make test-slurm` starts one."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.laboratory import Laboratory

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
