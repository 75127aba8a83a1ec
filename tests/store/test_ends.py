import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.store import attempts, ends, layout, ledger
from hpcpinn.store.ends import REASONS, End

TASK = "0123456789abcdef"
FOREIGN = [
    ".ended.json", "x.ended.json", "a.b.ended.json", "a.b.memory.d.ended.json", "a.b.nonsense.ended.json",
    f".{TASK}.1.memory.ended.json.token.partial", ".a.b.memory.ended.json", "a..memory+saved+saved.ended.json",
    "Copy of a.b.memory.ended.json.bak", "notes.txt", "ü.é.ended.json",
]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    layout.ledger(tmp_path).mkdir()
    return tmp_path


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("reason", REASONS)
def test_a_listing_tells_every_reason(store, reason, saved):
    mine = attempts.begin(TASK)
    ends.record(store, mine, reason, saved)
    (end,) = ledger.ends(store)
    assert end == End(TASK, mine.id, reason, saved)
    assert ends.facts(store, end)["host"] == mine.host
    assert ends.facts(store, end)["reason"] == reason


def test_a_marker_ends_with_the_facts_of_its_attempt(store):
    marker = {"task": TASK, "id": "1", "host": "h", "pid": 7, "started": "then", "machine": "m", "job": {"id": "5_1"}}
    ends.record_of(store, marker, "node", True)
    (end,) = ledger.ends(store)
    told = ends.facts(store, end)
    assert told == {
        "task": TASK, "host": "h", "pid": 7, "started": "then", "job": {"id": "5_1"}, "attempt": "1",
        "reason": "node", "saved": True,
    }  # fmt: skip


def test_an_attempt_ends_once_and_the_first_reason_counts(store):
    mine = attempts.begin(TASK)
    for reason, saved in (("walltime", False), ("killed", False), ("cancelled", True), ("cancelled", True)):
        ends.record(store, mine, reason, saved)
    assert ledger.ends(store) == [End(TASK, mine.id, "cancelled", True)]


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_others_are_no_ends(store, name):
    (layout.ledger(store) / name).write_text("")
    assert ledger.ends(store) == []


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=30)))
def test_any_name_can_be_listed(names):
    for end in ends.among([f"{name}{layout.ENDED}" for name in names] + names):
        assert end.reason in REASONS


@pytest.mark.parametrize("text", ["", '{"job": ', "[1]", "null"])
def test_a_torn_record_still_counts_and_tells_nothing(store, text):
    path = layout.ended(store, TASK, "1", "node", False)
    path.write_text(text)
    (end,) = ledger.ends(store)
    assert ends.facts(store, end) == {}


def test_ends_can_be_forgotten(store):
    for attempt in "12":
        layout.ended(store, TASK, attempt, "killed", False).write_text("{}")
    ledger.forget_ends(store, [End(TASK, "1", "killed", False), End(TASK, "3", "killed", False)])
    assert ledger.ends(store) == [End(TASK, "2", "killed", False)]


def test_a_thousand_ends_cost_one_listing(store, monkeypatch):
    for number in range(1000):
        layout.ended(store, TASK, str(number), "preempted", False).write_text(json.dumps({}))
    listed, list_folder = [], os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(path) or list_folder(path))
    assert len(ledger.ends(store)) == 1000
    assert len(listed) == 1
