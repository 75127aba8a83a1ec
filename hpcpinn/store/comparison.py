"""What was measured of finished tasks, beside what was projected when the store was made.

Everything is read from the ledger, whose records say when a task was published, how long it took and what memory its
process had: 10 000 of them take 0.3 s, where the chunks of `seconds` and `peak_bytes` take 8 s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hpcpinn.plan.flops import OVERHEAD
from hpcpinn.plan.tasks import Task
from hpcpinn.store import ledger
from hpcpinn.store.roll import Projection


@dataclass(frozen=True)
class Comparison:
    """Measured against projected.

    Attributes:
        seconds: during which at least one of the finished tasks was worked on.
        flops: projected operations of the finished tasks.
        left: seconds until the others are done, at the pace so far; 0 when nothing is missing.
        peak: the largest ratio of measured to projected peak memory; None where either is unknown.
    """

    seconds: float
    flops: float
    left: float
    peak: float | None


def compare(store: Path, tasks: Mapping[Task, Projection], done: Iterable[str]) -> Comparison | None:
    """Compare the finished tasks of a store with their projections; None when no task is done.

    The pace is projected work per second in which anybody worked, so that pauses do not count and workers side by side
    do. Every task counts for its operations and a fixed overhead.
    """
    projected = {task.id: projection for task, projection in tasks.items()}
    records = {task: ledger.read(store, task) for task in done if task in projected}
    if not records:
        return None
    finished = {task: projected.pop(task) for task in records}
    seconds = busy(map(_span, records.values()))
    left = seconds * _work(projected.values()) / _work(finished.values())
    peaks = [_ratio(record, finished[task]) for task, record in records.items()]
    flops = sum(projection.flops for projection in finished.values())
    return Comparison(seconds, flops, left, max((peak for peak in peaks if peak), default=None))


def busy(spans: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals.

    >>> busy([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    total, end = 0.0, float("-inf")
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def _span(record: Mapping[str, Any]) -> tuple[float, float]:
    """When the task was worked on; the clock of its length never jumps, that of its end may."""
    stop = datetime.fromisoformat(record["finished"]).timestamp()
    return stop - record["seconds"], stop


def _work(projections: Iterable[Projection]) -> float:
    return sum(projection.flops + OVERHEAD for projection in projections)


def _ratio(record: Mapping[str, Any], projection: Projection) -> float:
    measured = record.get("peak_bytes", 0)
    return measured / projection.peak_bytes if projection.peak_bytes else 0.0
