"""The benchmark lies beside the package, not in it: its modules are found from the root of the repository."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture
def module(root, monkeypatch):
    """A module of the kernel's benchmark by its name."""
    monkeypatch.syspath_prepend(root)
    return lambda name: importlib.import_module(f"benchmarks.kernel.{name}")
