"""Failed tasks as lines of text."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpcpinn.store.ledger import Failure

_MOST = 10


def show(failures: "Sequence[Failure]", store: Path | str) -> None:
    """Name the first failed tasks with their reasons, and say where all of them are told with their tracebacks."""
    for failure in failures[:_MOST]:
        print(f"failed {failure.task}: {failure.reason}")
    if failures:
        more = f"{len(failures) - _MOST} more; t" if len(failures) > _MOST else "T"
        print(f"{more}racebacks are in {store}/ledger/*.failed.json")
