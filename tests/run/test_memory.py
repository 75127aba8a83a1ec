"""Memory: measured, and never more than the plan says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpcpinn.run import memory

MB = 10**6

# The process is new, so that its peak is that of one task and of what Python and JAX take by themselves.
MEASURE = """
import json, sys
from hpcpinn.launch.running import run_study
from hpcpinn.run.session import plan_of
from hpcpinn.store.store import open_store
from hpcpinn.study.reading import read_study

file, store = sys.argv[1:]
completion = run_study(file, store)
(cost,) = plan_of(read_study(file)).costs
peak = open_store(store).array("peak_bytes")[...]
print(json.dumps({"missing": completion.missing, "measured": float(peak.max()), "projected": sum(cost.peak.values())}))
"""

STUDIES = {
    "eight trained seeds": {"seeds": 8},
    "wide and many rows": {"width": 2048, "depth": 2, "rest": "", "points": "residual = 500\nboundary = 2"},
}


def touched(size):
    return np.ones(size, dtype=np.uint8)


@pytest.fixture
def forgotten():
    """A peak that is forgotten: the present size of the process."""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("this machine does not let a process forget its peak (/proc/self/clear_refs)")
    memory.reset_peak()
    return memory.peak_bytes()


def test_the_peak_holds_what_was_allocated_and_freed(forgotten):
    block = touched(200 * MB)
    del block
    assert 190 * MB < memory.peak_bytes() - forgotten < 250 * MB


def test_the_peak_is_forgotten(forgotten):
    block = touched(200 * MB)
    del block
    memory.reset_peak()
    assert abs(memory.peak_bytes() - forgotten) < 50 * MB


def test_the_machine_has_more_memory_than_this_process_uses():
    assert memory.peak_bytes() < memory.machine_bytes()


@pytest.mark.parametrize("name", STUDIES)
def test_a_task_takes_no_more_than_was_projected(name, text, tmp_path: Path):
    study = tmp_path / "study.toml"
    study.write_text(text(**STUDIES[name]))
    command = [sys.executable, "-c", MEASURE, str(study), str(tmp_path / "store.zarr")]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}  # a GPU has memory of its own, which is not projected
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=300)
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["missing"] == 0
    assert found["measured"] <= found["projected"]
    assert found["measured"] > 0.3 * found["projected"]  # a bound that is not tight refuses what would fit
