"""SIGKILL at any moment leaves published tasks that are whole, and tasks that are not published."""

import random
import signal
import time

import numpy as np
import pytest

from hpcpinn.store import layout, ledger
from hpcpinn.store.regions import owned_files
from hpcpinn.store.store import open_store


def assert_whole(path, plan, small):
    """Every published task has all its files, with the bytes its record names, and reads as its numbers."""
    store = open_store(path)
    done = ledger.done(path)
    for task in (task for task in plan.tasks if task.id in done):
        record = ledger.read(path, task.id)
        assert {*record["files"], *record["measured"]} == set(owned_files(plan, task))
        assert record["files"] == ledger.checksums(path, record["files"])
        for name, value in small.values(plan, task).items():
            np.testing.assert_array_equal(store.array(name)[(*task.cell, slice(*task.seeds))], value)
    return done


@pytest.mark.parametrize("moment", range(3))
def test_a_killed_run_leaves_whole_tasks_and_can_be_finished(tmp_path, small, start, moment):
    path = tmp_path / "killed.zarr"
    _, plan = small.made(path)
    process = start("run", path)
    for _ in range(1 + 3 * moment):
        process.stdout.readline()
    # The next task takes 20 ms or so: this falls into its writing, its flushing or its publication.
    time.sleep(random.Random(moment).uniform(0, 0.02))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = assert_whole(path, plan, small)
    assert len(done) >= 1 + 3 * moment
    assert ledger.running(path) == set()

    before = {task: layout.done(path, task).stat().st_mtime_ns for task in done}
    again = start("run", path)
    ran, error = again.communicate()
    assert error == ""
    assert set(ran.split()) == {task.id for task in plan.tasks} - done
    assert before == {task: layout.done(path, task).stat().st_mtime_ns for task in done}
    assert len(assert_whole(path, plan, small)) == len(plan.tasks)


def test_a_process_killed_while_it_makes_the_store_leaves_none_or_all_of_it(tmp_path, small, start):
    path = tmp_path / "results" / "half.zarr"
    process = start("create", path)
    while not path.parent.exists():
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not path.exists() or open_store(path).identity == small.planned()[0].identity
    assert small.made(path)[0].identity == open_store(path).identity
