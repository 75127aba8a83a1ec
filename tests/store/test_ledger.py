import errno
import os
import threading
from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn.errors import StoreError
from hpcpinn.store import attempts, layout, ledger

TASKS = [f"{number:016x}" for number in range(4)]
FILES = ("trace/c.0", "loss/c.0")
EVENTS = st.tuples(st.sampled_from(["begin", "publish", "fail", "die"]), st.sampled_from(TASKS))


def empty(folder):
    """A store as the ledger sees it, with two chunk files."""
    layout.ledger(folder).mkdir(parents=True)
    for name in FILES:
        (folder / name).parent.mkdir()
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def store(tmp_path):
    return empty(tmp_path / "store")


@settings(max_examples=60, deadline=None)
@given(events=st.lists(EVENTS, max_size=25))
def test_any_interleaving_of_attempts_gives_every_task_one_state_and_one_record(events, tmp_path_factory):
    store = empty(tmp_path_factory.mktemp("ledger") / "store")
    first, last = {}, {}
    with ExitStack() as living:
        for event, task in events:
            mine = attempts.begin(task)
            if event == "begin":
                living.enter_context(ledger.attempt(store, task))
            elif event == "die":
                attempts._mark(layout.running(store, task, mine.id), mine)
                os.utime(layout.running(store, task, mine.id), (0, 0))
            elif event == "publish":
                assert ledger.publish(store, mine, FILES) == (task not in first)
                first.setdefault(task, mine.id)
            else:
                assert ledger.fail(store, mine, "broke") == (task not in first)
                last[task] = mine.id
        begun = {task for event, task in events if event == "begin"}
        status = ledger.status(store, TASKS)
        assert status.done == ledger.done(store) == set(first)
        assert status.running == begun - set(first)
        assert ledger.failed(store) == set(last) - set(first)
        assert status.failed == set(last) - set(first) - begun
    assert Counter(task for state in vars(status).values() for task in state) == Counter(TASKS)
    assert {task: ledger.read(store, task)["attempt"] for task in first} == first
    names = [path.name for path in layout.ledger(store).glob("*.json") if not path.name.endswith(layout.RUNNING)]
    assert sorted(names) == sorted(
        [f"{task}.done.json" for task in first] + [f"{task}.failed.json" for task in set(last) - set(first)]
    )


def test_threads_that_publish_and_fail_at_once_leave_one_record(store):
    barrier, first = threading.Barrier(8), []

    def act(place):
        mine = attempts.begin(TASKS[0])
        barrier.wait()
        first.append(ledger.fail(store, mine, "broke") and 0 if place % 2 else ledger.publish(store, mine, FILES))

    threads = [threading.Thread(target=act, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(first) == 1
    assert [path.name for path in layout.ledger(store).glob("*.json")] == [f"{TASKS[0]}.done.json"]


def test_processes_that_publish_at_once_are_first_once(tmp_path, small, start):
    store, plan = small.made(tmp_path / "race.zarr")
    answers = [p.communicate() for p in [start("publish", store.path, plan.tasks[3].id, 5) for _ in range(3)]]
    assert [error for _, error in answers] == ["", "", ""]
    assert sum(int(out) for out, _ in answers) == 1
    record = ledger.read(store.path, plan.tasks[3].id)
    assert record["files"] == ledger.checksums(store.path, record["files"])
    assert sum(path.name.startswith(plan.tasks[3].id) for path in layout.ledger(store.path).iterdir()) == 1


def test_a_record_says_who_did_what_when_and_what_it_wrote(store):
    mine = attempts.begin(TASKS[0])
    assert ledger.publish(store, mine, FILES[:1], measured=FILES[1:], peak_bytes=5 * 2**20)
    record = ledger.read(store, TASKS[0])
    assert (record["task"], record["attempt"], record["pid"]) == (TASKS[0], mine.id, os.getpid())
    assert record["started"] <= record["finished"]
    assert 0 <= record["seconds"] < 5
    assert record["files"] == ledger.checksums(store, FILES[:1])
    assert record["measured"] == list(FILES[1:])
    assert record["peak_bytes"] == 5 * 2**20


def test_a_file_that_is_missing_is_never_published(store):
    with pytest.raises(FileNotFoundError):
        ledger.publish(store, attempts.begin(TASKS[0]), [*FILES, "trace/c.1"])
    assert list(layout.ledger(store).iterdir()) == []


def test_success_removes_a_failure_and_nothing_brings_it_back(store):
    assert ledger.fail(store, attempts.begin(TASKS[0]), "no memory", "Traceback …")
    assert ledger.failed(store) == {TASKS[0]}
    assert ledger.publish(store, attempts.begin(TASKS[0]), FILES)
    assert not ledger.fail(store, attempts.begin(TASKS[0]), "late")
    assert ledger.failed(store) == set()


def test_failures_say_why(store):
    ledger.fail(store, attempts.begin(TASKS[1]), "first")
    ledger.fail(store, attempts.begin(TASKS[1]), "NaN in the loss", "Traceback …")
    ledger.fail(store, attempts.begin(TASKS[0]), "no memory")
    told = [(failure.task, failure.reason, failure.traceback) for failure in ledger.failures(store)]
    assert told == [(TASKS[0], "no memory", ""), (TASKS[1], "NaN in the loss", "Traceback …")]


def test_when_two_attempts_differ_the_record_is_of_what_is_on_the_disk(store):
    ledger.publish(store, attempts.begin(TASKS[0]), FILES)
    (store / FILES[0]).write_text("other bits of other hardware")
    late = attempts.begin(TASKS[0])
    assert not ledger.publish(store, late, FILES)
    record = ledger.read(store, TASKS[0])
    assert record["files"] == ledger.checksums(store, FILES)
    assert record["attempt"] == late.id


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_links_publishes_too(store, monkeypatch, code):
    def refused(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refused)
    assert ledger.publish(store, attempts.begin(TASKS[0]), FILES)
    assert not ledger.publish(store, attempts.begin(TASKS[0]), FILES)
    assert [path.name for path in layout.ledger(store).glob("*.json")] == [f"{TASKS[0]}.done.json"]


def test_a_link_that_was_made_twice_is_a_success(store, monkeypatch):
    link = os.link

    def repeated(source, target):
        link(source, target)
        raise FileExistsError(errno.EEXIST, "File exists", str(target))

    monkeypatch.setattr(os, "link", repeated)
    assert ledger.publish(store, attempts.begin(TASKS[0]), FILES)


def test_a_folder_without_ledger_is_no_store(tmp_path):
    with pytest.raises(StoreError, match=r"is not a store: it has no ledger"):
        ledger.done(tmp_path)


def test_the_states_of_a_store_are_those_of_all_its_tasks(tmp_path, small):
    store, plan = small.made(tmp_path / "small.zarr")
    small.run_task(store, plan, plan.tasks[0])
    ledger.fail(store.path, attempts.begin(plan.tasks[1].id), "broke")
    with ledger.attempt(store.path, plan.tasks[2].id):
        status = ledger.status(store.path)
    assert [len(state) for state in vars(status).values()] == [1, 1, 1, len(plan.tasks) - 3]


def test_what_is_done_is_told_without_reading_a_record(store):
    for number in range(10_000):
        layout.done(store, f"{number:016x}").touch()
    assert len(ledger.done(store)) == 10_000
