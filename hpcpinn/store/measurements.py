"""What finished tasks have taken, a line each in a file for every process that published any.

The ledger's records say the same, file by file: 100 000 of them take 4 s to read on a local disk, and minutes on a
parallel one. Lines are a convenience: a process that dies between a record and its line leaves the task done.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hpcpinn.store import layout
from hpcpinn.store.attempts import Attempt

_LINE = re.compile(r"^([^\t\n]+)\t(\d+\.\d{3})\t(\d+\.\d{3})\t(\d+)$\n", re.MULTILINE)


@dataclass(frozen=True)
class Measurement:
    """What one finished task has taken.

    Attributes:
        task: its id.
        finished: seconds since the epoch.
        seconds: of the attempt that was published.
        peak_bytes: its peak memory; 0 if that was not measured.
    """

    task: str
    finished: float
    seconds: float
    peak_bytes: int

    @property
    def span(self) -> tuple[float, float]:
        """When the task was worked on; the clock of its length never jumps, that of its end may."""
        return self.finished - self.seconds, self.finished


def note(store: Path, mine: Attempt, finished: str, seconds: float, peak_bytes: int) -> None:
    """Add the line of a task that this process has just published; a disk that refuses is no reason to fail."""
    stamp = datetime.fromisoformat(finished).timestamp()
    line = f"{mine.task}\t{stamp:.3f}\t{seconds:.3f}\t{peak_bytes}\n"
    with suppress(OSError), layout.measured(store, mine.host, mine.pid, mine.birth).open("a", encoding="ascii") as file:
        file.write(line)


def read(store: Path, names: Iterable[str], done: frozenset[str] | set[str]) -> dict[str, Measurement]:
    """Measurements of finished tasks, by task.

    Args:
        store: the store.
        names: a listing of its ledger.
        done: ids of finished tasks; a line of any other does not count.
    """
    found: dict[str, Measurement] = {}
    for name in names:
        if name.endswith(layout.MEASURED):
            found |= _lines(os.path.join(layout.ledger(store), name))
    return {task: one for task, one in found.items() if task in done}


def _lines(path: str) -> dict[str, Measurement]:
    """Lines that are all there: a disk that was full may have cut one anywhere."""
    with suppress(OSError), open(path, encoding="ascii", errors="replace") as file:
        rows = _LINE.findall(file.read())
        return {task: Measurement(task, float(ended), float(took), int(peak)) for task, ended, took, peak in rows}
    return {}
