import json

import pytest

from hpcpinn.errors import StoreError
from hpcpinn.store import layout, submissions
from hpcpinn.store.submissions import Array, Submission

ARRAYS = (Array(("a", "b"), 2, 2**30, 600), Array(("c",), 1, 2**31, 900, gpus=2, nodes=4))


@pytest.fixture
def store(tmp_path):
    layout.ledger(tmp_path).mkdir()
    return tmp_path


@pytest.fixture
def made(store):
    submission = Submission(1, {"partition": "batch"}, ARRAYS, facts=submissions.here())
    assert submissions.claim(store, submission)
    return submission


def test_a_submission_is_read_as_it_was_written(store, made):
    assert submissions.read(store, 1) == made
    later = made.with_job(1, "12")
    submissions.write(store, later)
    assert submissions.read(store, 1) == later
    assert later.jobs == ("12",)
    assert later.tasks == {"a", "b", "c"}


def test_a_number_is_taken_once(store, made):
    assert submissions.next_number(store) == 2
    assert not submissions.claim(store, Submission(1, {}, ()))
    assert submissions.read(store, 1) == made


def test_numbers_are_in_order_beyond_ten(store):
    for number in range(1, 13):
        assert submissions.claim(store, Submission(number, {}, ()))
    assert [one.number for one in submissions.read_all(store)] == list(range(1, 13))
    assert submissions.next_number(store) == 13


def test_a_store_that_was_never_submitted(store):
    assert submissions.read_all(store) == []
    assert submissions.next_number(store) == 1
    assert submissions.more_jobs(store, 1) == []
    assert submissions.next_number(store / "missing") == 1


def test_jobs_that_came_later(store, made):
    submissions.claim(store, Submission(11, {}, ()))
    for number, job in ((1, "7"), (1, "9"), (11, "8"), (1, "7")):
        submissions.note_job(store, number, job)
    assert submissions.more_jobs(store, 1) == ["7", "9"]
    assert submissions.more_jobs(store, 11) == ["8"]


def test_files_of_others_are_no_submissions(store, made):
    submissions.write_script(store, 1, "0", "#!/bin/bash\n")
    for name in ("notes.json", "1.json.bak", "1.copy.json", ".2.json.host-1.partial", "²3.json", "-4.json"):
        (layout.submissions(store) / name).write_text("x")
    assert submissions.read_all(store) == [made]
    assert submissions.script(store, 1, "0").read_text() == "#!/bin/bash\n"


def test_one_that_is_not_there_is_refused_with_those_that_are(store, made):
    with pytest.raises(StoreError, match=r"has no submission 5; there are: 1\. `hpcpinn submit` makes one"):
        submissions.read(store, 5)


@pytest.mark.parametrize("text", ["", '{"number": 1', "[]", "{}", '{"number": 1, "arrays": [{"later": 1}]}'])
def test_one_that_cannot_be_read_is_named(store, made, text):
    (layout.submissions(store) / "1.json").write_text(text)
    with pytest.raises(StoreError, match=r"submissions/1\.json cannot be read"):
        submissions.read_all(store)


def test_a_record_says_when_and_where(made):
    assert {"submitted", "host", "user"} == set(json.loads(json.dumps(made.facts)))
