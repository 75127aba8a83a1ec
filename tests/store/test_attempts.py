import json
import os
import signal
import subprocess
import sys
import time

import pytest

from hpcpinn.store import attempts, layout, ledger, leftovers
from hpcpinn.store.attempts import attempt, is_alive

TASK = "0123456789abcdef"


@pytest.fixture
def store(tmp_path):
    """A store as the ledger sees it: a folder with a folder."""
    layout.ledger(tmp_path).mkdir()
    return tmp_path


@pytest.fixture
def marker(store):
    """Write the marker of an attempt, with some of its facts changed."""

    def written(**changes):
        mine = attempts.begin(TASK)
        facts = {name: getattr(mine, name) for name in ("machine", "pid", "birth")}
        path = layout.running(store, TASK, mine.id)
        path.write_text(json.dumps(facts | changes))
        return path

    return written


def test_a_task_is_running_for_as_long_as_its_attempt(store):
    with attempt(store, TASK) as mine:
        assert ledger.running(store) == {TASK}
        assert mine.pid == os.getpid()
    assert ledger.running(store) == set()
    assert list(layout.ledger(store).iterdir()) == []


def test_an_attempt_that_raises_is_over(store):
    with pytest.raises(KeyboardInterrupt), attempt(store, TASK):
        raise KeyboardInterrupt
    assert list(layout.ledger(store).iterdir()) == []


def test_two_attempts_at_one_task_may_meet(store):
    with attempt(store, TASK) as one, attempt(store, TASK) as other:
        assert one.id != other.id
        assert ledger.running(store) == {TASK}


def test_the_marker_is_touched_while_the_attempt_lives(store, monkeypatch):
    monkeypatch.setattr(attempts, "BEAT_SECONDS", 0.01)
    with attempt(store, TASK) as mine:
        path = layout.running(store, TASK, mine.id)
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 5
        while not is_alive(path) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert is_alive(path)


def test_a_marker_without_heartbeat_is_dead(marker):
    path = marker()
    assert is_alive(path)
    old = time.time() - attempts.DEAD_AFTER_SECONDS - 1
    os.utime(path, (old, old))
    assert not is_alive(path)


def test_the_pid_of_another_process_is_not_taken_for_the_attempt(marker):
    assert not is_alive(marker(birth="1"))
    assert not is_alive(marker(pid=2**22 + 1))


def test_of_another_machine_only_the_heartbeat_is_known(marker):
    assert is_alive(marker(machine="elsewhere", pid=2**22 + 1))
    assert is_alive(marker(machine="", birth="", pid=2**22 + 1))


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_marker_that_cannot_be_read_is_dead(marker, text):
    path = marker()
    path.write_text(text)
    assert not is_alive(path)


def test_a_killed_process_is_seen_at_once_and_swept_up(store):
    code = (
        "import sys, time; from pathlib import Path; from hpcpinn.store.attempts import attempt\n"
        "with attempt(Path(sys.argv[1]), sys.argv[2]): print('on', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-c", code, str(store), TASK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout.readline() == "on\n"
        assert ledger.running(store) == {TASK}
        process.send_signal(signal.SIGKILL)
    assert ledger.running(store) == set()
    assert len(list(layout.ledger(store).iterdir())) == 1
    assert leftovers.clear(store) == 1
    assert list(layout.ledger(store).iterdir()) == []


def test_sweeping_up_leaves_the_living(store):
    with attempt(store, TASK):
        assert leftovers.clear(store) == 0
        assert ledger.running(store) == {TASK}
