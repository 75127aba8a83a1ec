"""A small store, and processes that work on it."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent
SCRIPT = HERE / "process.py"


@pytest.fixture(scope="session")
def small():
    """The functions of `process.py`."""
    return SimpleNamespace(**runpy.run_path(str(SCRIPT)))


@pytest.fixture(scope="session")
def plan(small):
    return small.planned()[1]


@pytest.fixture
def store(small, tmp_path):
    return small.made(tmp_path / "small.zarr")[0]


@pytest.fixture(scope="session")
def start():
    """Start `process.py` with these arguments, behind a prefix of another command if there is one."""

    def started(*arguments, prefix=()):
        command = [*prefix, sys.executable, str(SCRIPT), *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
        return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return started
