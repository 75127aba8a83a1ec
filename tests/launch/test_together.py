"""Processes that compute a study's tasks together: real ones, on loopback."""

import socket

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
