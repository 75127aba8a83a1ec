"""The benchmark lies beside the package, not in it: its modules are found from the root of the repository."""

import importlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture
def module(root, monkeypatch):
    """A module of a benchmark by its name, of the kernel's where none is named."""
    monkeypatch.syspath_prepend(root)
    return lambda name, benchmark="benchmarks.kernel": importlib.import_module(f"{benchmark}.{name}")


@pytest.fixture(scope="session")
def eps():
    return float(np.finfo(np.float64).eps)
