from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.store import attempts, layout, ledger, measurements
from hpcpinn.store.measurements import Measurement

FINISHED = "2026-05-01T12:00:00.500+00:00"
STAMP = 1777636800.5


@pytest.fixture
def store(tmp_path):
    layout.ledger(tmp_path).mkdir()
    return tmp_path


def read(store, *done):
    return measurements.read(store, [path.name for path in layout.ledger(store).iterdir()], set(done))


def test_what_was_noted_is_read(store):
    for task, seconds in (("a", 1.5), ("b", 0.0)):
        measurements.note(store, attempts.begin(task), FINISHED, seconds, 2**30)
    assert read(store, "a", "b") == {
        "a": Measurement("a", STAMP, 1.5, 2**30),
        "b": Measurement("b", STAMP, 0.0, 2**30),
    }
    assert read(store, "a")["a"].span == (STAMP - 1.5, STAMP)
    assert len(list(layout.ledger(store).iterdir())) == 1


def test_processes_have_a_file_each(store):
    mine = attempts.begin("a")
    for attempt in (mine, replace(mine, pid=mine.pid + 1), replace(mine, birth="other"), replace(mine, host="far")):
        measurements.note(store, attempt, FINISHED, 1.0, 0)
    assert len(list(layout.ledger(store).glob(f"*{layout.MEASURED}"))) == 4
    assert set(read(store, "a")) == {"a"}


def test_a_disk_that_refuses_is_no_reason_to_fail(tmp_path):
    measurements.note(tmp_path / "nowhere", attempts.begin("a"), FINISHED, 1.0, 0)


LINE = f"good\t{STAMP:.3f}\t2.000\t7\n"
CUTS = [LINE[:end] for end in range(len(LINE))]


@pytest.mark.parametrize("cut", CUTS)
def test_a_line_that_was_cut_anywhere_is_skipped(store, cut):
    """With the next process' line behind it, or at the end of the file."""
    (layout.ledger(store) / f"h.1.2{layout.MEASURED}").write_text(f"{cut}\n{LINE}{cut}")
    (layout.ledger(store) / f"h.1.3{layout.MEASURED}").write_text(cut + LINE)
    assert read(store, "good").get("good", Measurement("good", STAMP, 2.0, 7)) == Measurement("good", STAMP, 2.0, 7)


@given(st.lists(st.text("abt\t.0159-+eE \r", max_size=20)))
def test_any_text_can_be_read(tmp_path_factory, lines):
    store = tmp_path_factory.mktemp("store")
    layout.ledger(store).mkdir()
    (layout.ledger(store) / f"h{layout.MEASURED}").write_text("\n".join(lines) + "\n" + LINE)
    assert read(store, "good")["good"].seconds == 2.0


def test_what_is_no_file_of_lines_is_skipped(store):
    (layout.ledger(store) / f"folder{layout.MEASURED}").mkdir()
    (layout.ledger(store) / f"bytes{layout.MEASURED}").write_bytes(bytes(range(256)))
    assert read(store, "good") == {}
    assert ledger.measured(store) == {}


def test_records_stand_in_for_lines_and_files_of_others_for_nothing(store):
    (store / "chunk").write_text("")
    mine = attempts.begin("0123456789abcdef")
    ledger.publish(store, mine, ["chunk"], peak_bytes=5)
    for path in layout.ledger(store).glob(f"*{layout.MEASURED}"):
        path.unlink()
    for name, text in (("torn", '{"sec'), ("list", "[]"), ("empty", "{}")):
        (layout.ledger(store) / f"{name}{layout.DONE}").write_text(text)
        (layout.ledger(store) / f"{name}{layout.FAILED}").write_text(text)
        (layout.ledger(store) / f"odd{name}{layout.FAILED}").write_text(text)
        (layout.ledger(store) / f"{name}.1{layout.RUNNING}").write_text(text)
    assert [one.peak_bytes for one in ledger.measured(store).values()] == [5]
    assert ledger.failures(store) == []
    assert ledger.running(store) == set()
