"""Checkpoints on disk: whole or as good as none, the old one or the new one."""

import io
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hpcpinn.store import checkpoints, disk, layout, ledger, leftovers
from hpcpinn.store.checkpoints import Saved

TASK, OTHER = "0123456789abcdef", "fedcba9876543210"
ODD = np.frombuffer(bytes(range(256)), np.float64)  # with a NaN that carries a payload
ARRAYS = {
    "finished/0/loss": np.arange(6.0).reshape(1, 3, 2),
    "leaf/0/": ODD,
    "leaf/1/": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
    "record/0/scalar": np.array(0.1),
    "record/0/empty": np.zeros((0, 3)),
}
SAVED = Saved({"files": ["kernel/c.0"], "midway": {"step": 3, "seconds": 0.25}}, ARRAYS)


@pytest.fixture
def content():
    file = io.BytesIO()
    checkpoints.write(file, TASK, SAVED)
    return file.getvalue()


def read(content, task=TASK):
    return checkpoints.read(io.BytesIO(content), task)


def same(found, saved=SAVED):
    assert found.facts == saved.facts
    assert list(found.arrays) == list(saved.arrays)
    for name, array in saved.arrays.items():
        assert (found.arrays[name].dtype, found.arrays[name].shape) == (array.dtype, array.shape)
        assert found.arrays[name].tobytes() == array.tobytes()
    return True


def test_what_is_read_is_what_was_written(content):
    assert same(read(content))


def test_what_is_loaded_is_what_was_saved(store):
    assert checkpoints.load(store.path, TASK) is None
    checkpoints.save(store.path, TASK, "a", SAVED)
    assert same(checkpoints.load(store.path, TASK))
    assert checkpoints.load(store.path, OTHER) is None
    newer = Saved({"files": []}, {"x": np.arange(3)})
    checkpoints.save(store.path, TASK, "b", newer)
    assert same(checkpoints.load(store.path, TASK), newer)
    checkpoints.remove(store.path, TASK)
    assert checkpoints.load(store.path, TASK) is None
    assert not list(layout.ledger(store.path).glob("*.partial"))


def test_one_that_is_torn_anywhere_is_none(content):
    for length in {0, 1, 31, 32, 33, len(content) // 2, len(content) - 33, len(content) - 32, len(content) - 1}:
        assert read(content[:length]) is None
    assert read(content + b"\0") is None


def test_one_flipped_bit_anywhere_makes_it_none(content):
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        assert read(bytes(flipped)) is None


def test_one_of_another_task_is_none(content):
    assert read(content, OTHER) is None


@pytest.mark.parametrize("name", ["FORMAT", "versions"])
def test_one_of_another_format_or_by_other_versions_is_none(name, content, monkeypatch):
    monkeypatch.setattr(checkpoints, name, "hpcpinn-checkpoint-0" if name == "FORMAT" else lambda: {"jax": "0"})
    assert read(content) is None


def test_objects_are_neither_written_nor_read():
    with pytest.raises(ValueError, match="would be a pickle"):
        checkpoints.write(io.BytesIO(), TASK, Saved({}, {"x": np.array([{}])}))


def test_the_files_that_it_counts_on_are_on_the_disk_before_it(store, monkeypatch):
    (store.path / "kernel" / "c.0").write_bytes(b"")
    seen = []
    flush = disk.flush
    monkeypatch.setattr(disk, "flush", lambda path: (seen.append(path.name), flush(path)))
    checkpoints.save(store.path, TASK, "a", SAVED, ["kernel/c.0"])
    assert seen[:2] == ["c.0", "kernel"]
    assert seen[2].endswith(".partial")
    assert seen[3] == "ledger"


def test_publication_removes_it_and_so_does_the_next_run(store, plan, small):
    task, other = plan.tasks[:2]
    checkpoints.save(store.path, task.id, "a", SAVED)
    small.run_task(store, plan, task)
    assert checkpoints.load(store.path, task.id) is None
    for late in (task, other):  # an attempt that was overtaken
        checkpoints.save(store.path, late.id, "b", SAVED)
    assert leftovers.clear(store.path) == 1
    assert checkpoints.load(store.path, task.id) is None
    assert same(checkpoints.load(store.path, other.id))


def test_it_is_no_state_of_a_task(store):
    before = ledger.status(store.path)
    checkpoints.save(store.path, TASK, "a", SAVED)
    assert ledger.status(store.path) == before


SAVE_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
import numpy as np
from hpcpinn.store import checkpoints
for k in count():
    saved = checkpoints.Saved({"k": k}, {"x": np.full(200_000, float(k))})
    checkpoints.save(Path(sys.argv[1]), sys.argv[2], "a", saved)
    print(k, flush=True)
"""


@pytest.mark.parametrize("moment", range(4))
def test_killed_while_it_is_saved_there_is_the_old_one_or_the_new_one(store, moment):
    command = [sys.executable, "-c", SAVE_FOR_EVER, str(store.path), TASK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            last = int(process.stdout.readline())
        time.sleep(0.003 * moment)
        process.send_signal(signal.SIGKILL)
        last = max([last, *map(int, process.stdout.read().split())])
    found = checkpoints.load(store.path, TASK)
    assert found.facts["k"] in (last, last + 1)
    assert (found.arrays["x"] == found.facts["k"]).all()
