"""What holds for all tests."""

import gc
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Deadlines measure the machine, not the code.
settings.register_profile("hpcpinn", deadline=None)
settings.load_profile("hpcpinn")


@pytest.fixture(autouse=True, scope="module")
def programs() -> Iterator[None]:
    """Drop compiled programs after every module: kept for all tests they take 5 GiB."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
        gc.collect()
