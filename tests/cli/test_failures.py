from pathlib import Path

from hpcpinn.cli import failures
from hpcpinn.store.ledger import Failure

STORE = Path("results/s.zarr")


def some(count: int) -> list[Failure]:
    return [Failure(f"{number:016x}", f"ValueError: {number}", "Traceback", "host", "now") for number in range(count)]


def test_nothing_is_said_without_failures(capsys):
    failures.show([], STORE)
    assert capsys.readouterr().out == ""


def test_every_failure_is_named_with_its_reason(capsys):
    failures.show(some(2), STORE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["failed 0000000000000000: ValueError: 0", "failed 0000000000000001: ValueError: 1"]
    assert lines[2] == "Tracebacks are in results/s.zarr/ledger/*.failed.json"


def test_thousands_of_failures_do_not_fill_the_terminal(capsys):
    failures.show(some(2010), STORE)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[-1].startswith("2000 more; tracebacks are in")
