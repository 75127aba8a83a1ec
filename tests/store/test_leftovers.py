import os
import time

import pytest

from hpcpinn.store import attempts, layout, leftovers
from hpcpinn.store.attempts import attempt

TASK = "0123456789abcdef"


@pytest.fixture
def left(store):
    """Files that a killed process leaves, two minutes ago or now."""

    def leave(age):
        names = ["kernel/c.0.0.1f.partial", f"ledger/.{TASK}.done.json.2a.partial", f"ledger/{TASK}.2a.running.json"]
        for name in names:
            (store.path / name).write_text("{}")
            os.utime(store.path / name, (time.time() - age, time.time() - age))
        return names

    return leave


def files(store):
    return {path for path in store.path.rglob("*") if path.is_file()}


def test_what_the_dead_left_is_removed_and_nothing_else(store, plan, small, left):
    small.run_task(store, plan, plan.tasks[0])
    before = files(store)
    assert leftovers.clear(store.path) == 0
    names = left(age=2 * attempts.DEAD_AFTER_SECONDS)
    assert leftovers.clear(store.path) == len(names)
    assert files(store) == before


def test_what_may_still_be_written_is_left_alone(store, left):
    kept = left(age=0)[:2]
    with attempt(store.path, TASK) as mine:
        leftovers.clear(store.path)
        assert all((store.path / name).exists() for name in kept)
        assert layout.running(store.path, TASK, mine.id).exists()
