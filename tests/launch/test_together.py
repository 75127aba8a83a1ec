"""Processes that compute a study's tasks together: real ones, on loopback."""

import os
import socket
import subprocess
import sys

import pytest

from tests.launch.conftest import assert_same_bits

# A narrow cell, whose networks are dealt out, and a wide one, whose rows are.
STUDY = """
name = "small"
problem = "poisson1d"
[sweep]
width = [8, 1100]
depth = [2]
seed = 2
[points]
residual = 130
boundary = 2
[training]
steps = 3
record = [0, 3]
[kernel]
tile = 100
"""


@pytest.fixture
def coordinator():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_store_by_two_processes_is_that_of_one(write_study, start, hpcpinn, coordinator, tmp_path):
    study = write_study(STUDY)
    status, output = hpcpinn("run", study, "--store", tmp_path / "alone.zarr")
    assert status == 0, output
    together = ("run", study, "--store", tmp_path / "together.zarr", "--coordinator", coordinator, "--processes", 2)
    other = start(*together, "--rank", 1)
    status, output = hpcpinn(*together, "--rank", 0)
    assert status == 0, output
    other.wait(timeout=60)
    assert other.returncode == 0
    assert_same_bits(tmp_path / "together.zarr", tmp_path / "alone.zarr")


# The command, stopped at so many safe points from its start.
STOPPED = """
import sys
from hpcpinn.cli import main
from hpcpinn.run import interruption
from hpcpinn.run.safety import SafePoints

reach, left = SafePoints.reach, [0] * int(sys.argv.pop(1))

def counted(self, *midway):
    left.pop()
    if not left:
        interruption.request("preempted")
    reach(self, *midway)

SafePoints.reach = counted
main()
"""


@pytest.mark.long
def test_a_group_that_stops_leaves_together_and_goes_on_with_the_same_bits(
    write_study, start, hpcpinn, coordinator, tmp_path
):
    study = write_study(STUDY)
    store = tmp_path / "together.zarr"
    together = ("run", study, "--store", store, "--coordinator", coordinator, "--processes", 2)
    for safe_points in (2, 6):  # amid a wide network, and then amid narrow ones
        other = start(*together, "--rank", 1)
        command = [sys.executable, "-c", STOPPED, str(safe_points), *map(str, together), "--rank", "0"]
        stopped = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=os.environ)
        assert stopped.returncode == 75, stopped.stderr
        assert "stopped (preempted); what is done is safe" in stopped.stderr
        other.communicate(timeout=60)
        assert other.returncode == 0
        assert list((store / "ledger").glob("*.checkpoint"))
    other = start(*together, "--rank", 1)
    status, output = hpcpinn(*together, "--rank", 0)
    assert status == 0, output
    other.communicate(timeout=60)
    assert other.returncode == 0
    assert not list((store / "ledger").glob("*.checkpoint"))
    assert hpcpinn("run", study, "--store", tmp_path / "alone.zarr")[0] == 0
    assert_same_bits(store, tmp_path / "alone.zarr")


def test_a_refused_study_sends_the_others_home(write_study, start, hpcpinn, coordinator, tmp_path):
    study = write_study(STUDY)
    (tmp_path / "full.zarr").mkdir()
    (tmp_path / "full.zarr" / "something").write_text("else")
    together = ("run", study, "--store", tmp_path / "full.zarr", "--coordinator", coordinator, "--processes", 2)
    other = start(*together, "--rank", 1)
    status, output = hpcpinn(*together, "--rank", 0)
    assert status == 2
    assert "is not a store" in output
    other.wait(timeout=60)
    assert other.returncode == 0


def test_one_task_for_all_processes_leaves_no_place_for_workers(write_study, hpcpinn, coordinator):
    status, output = hpcpinn("run", write_study(STUDY), "--on", "processes", "--coordinator", coordinator)
    assert status == 2
    assert "--on serial" in output
