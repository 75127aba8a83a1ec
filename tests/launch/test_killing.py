"""SIGKILL at random moments, then the same command again: nothing lost, nothing done twice, the same bits."""

import json
import random
import signal
import time
from pathlib import Path

import pytest

from tests.launch.conftest import assert_same_bits

KILLS = 10
MANY = """
name = "many"
problem = "poisson1d"
[sweep]
width = [4, 8]
depth = 1
seed = 1280
[points]
residual = 8
boundary = 2
[training]
steps = 20
record = [0, 5, 20]
[kernel]
keep = "first_seed"
"""
TASKS = 40


def records(store: Path) -> dict[str, str]:
    """The attempt that each finished task was published by."""
    found = {}
    for record in (store / "ledger").glob("*.done.json"):
        content = json.loads(record.read_text())
        found[content["task"]] = content["attempt"]
    return found


@pytest.mark.long
@pytest.mark.parametrize(("engine", "kills"), [("serial", KILLS), ("processes", 4)])
def test_killed_again_and_again(engine, kills, tmp_path, write_study, start, hpcpinn):
    study, store, whole = write_study(MANY), tmp_path / "killed.zarr", tmp_path / "whole.zarr"
    moments = random.Random(17)
    before: dict[str, str] = {}
    killed = 0
    while killed < kills:
        process = start("run", study, "--store", store, "--on", engine)
        _wait_for_progress(process, store, len(before))
        time.sleep(moments.uniform(0, 0.4))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
        after = records(store) if store.exists() else {}
        assert before.items() <= after.items()  # what was published stays published, by the same attempt
        before = after
    assert killed == kills
    status, output = hpcpinn("run", study, "--store", store, "--on", engine)
    assert status == 0
    assert f"{TASKS - len(before)} of {TASKS} tasks are missing" in output
    assert before.items() <= records(store).items()
    assert len(records(store)) == TASKS
    hpcpinn("run", study, "--store", whole)
    assert_same_bits(store, whole)


def _wait_for_progress(process, store: Path, done: int) -> None:
    """Until one more task is published, or for a random part of the start-up: kills fall into both."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if store.exists() and len(records(store)) > done:
            return
        time.sleep(0.02)


def test_an_interrupted_run_says_how_to_go_on(tmp_path, write_study, start, hpcpinn):
    study, store = write_study(MANY), tmp_path / "stopped.zarr"
    process = start("run", study, "--store", store, "--on", "processes", "--workers", 2)
    _wait_for_progress(process, store, 0)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 75
    assert "Run the same command again" in output
    assert "Traceback" not in output
    assert len(records(store)) < TASKS
    assert hpcpinn("run", study, "--store", store)[0] == 0
    assert len(records(store)) == TASKS
