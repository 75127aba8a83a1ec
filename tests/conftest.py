"""What holds for all tests."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

# Where there are arrays, shapes and types are checked while the tests run; an int may stand for a float, as everywhere
# in Python. In hpcpinn.plan, which has none, the checks took two thirds of the time, and pyright makes them already.
# Not by --jaxtyping-packages, which takes one package if the checker has parameters (jaxtyping 0.3.11).
ARRAYS = ("interface", "kernel", "limit", "model", "reference", "results", "run", "training")
install_import_hook(
    [f"hpcpinn.{package}" for package in ARRAYS],
    "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))",
)

# Deadlines measure the machine, not the code.
settings.register_profile("hpcpinn", deadline=None)
settings.load_profile("hpcpinn")


# Tracing makes many objects that live long: by Python's own thresholds a tenth of the time goes into looking at them.
gc.set_threshold(50_000, 20, 20)

# Of a worker of pytest-xdist; kept for all tests, programs take 5 GiB.
MOST = 1.5e9


def taken() -> float:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(autouse=True, scope="module")
def programs() -> Iterator[None]:
    """Drop compiled programs after a module when memory fills: to look for them takes up to 3 s."""
    yield
    if "jax" in sys.modules and taken() > MOST:
        sys.modules["jax"].clear_caches()
        gc.collect()
