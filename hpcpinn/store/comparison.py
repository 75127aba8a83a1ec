"""What was measured of finished tasks, beside what was projected when the store was made.

Everything is read from the ledger, which says when a task was published, how long it took and what memory its process
had: the chunks of `seconds` and `peak_bytes` of 10 000 tasks take 8 s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.plan.flops import OVERHEAD
from hpcpinn.plan.tasks import Task
from hpcpinn.store import ledger
from hpcpinn.store.measurements import Measurement
from hpcpinn.store.roll import Projection


@dataclass(frozen=True)
class Comparison:
    """Measured against projected.

    Attributes:
        seconds: during which at least one of the finished tasks was worked on.
        flops: projected operations of the finished tasks.
        left: seconds until the others are done, at the pace so far; 0 when nothing is missing.
        peak: the largest ratio of measured to projected peak memory; None where either is unknown.
        pace: seconds of one worker for a unit of work, see `work_of`.
    """

    seconds: float
    flops: float
    left: float
    peak: float | None
    pace: float


def compare(
    store: Path,
    tasks: Mapping[Task, Projection],
    done: Iterable[str],
    measured: Mapping[str, Measurement] | None = None,
) -> Comparison | None:
    """Compare the finished tasks of a store with their projections; None when no task is done.

    The pace is projected work per second in which anybody worked, so that pauses do not count and workers side by side
    do. Every task counts for its operations and a fixed overhead. What is `measured` is read unless it is given.
    """
    projected = {task.id: projection for task, projection in tasks.items()}
    finished = {task: projected.pop(task) for task in set(done) & projected.keys()}
    if not finished:
        return None
    measured = ledger.measured(store) if measured is None else measured
    found = {task: one for task, one in measured.items() if task in finished}
    if not found:
        return None
    seconds = busy(one.span for one in found.values())
    done_work = _work(finished[task] for task in found)
    left = seconds * _work(projected.values()) / done_work
    peaks = [_ratio(one, finished[task]) for task, one in found.items()]
    flops = sum(projection.flops for projection in finished.values())
    worked = sum(one.seconds for one in found.values())
    return Comparison(seconds, flops, left, max((peak for peak in peaks if peak), default=None), worked / done_work)


def work_of(projection: Projection) -> float:
    """How much a task counts: its operations and a fixed overhead."""
    return projection.flops + OVERHEAD


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


def _work(projections: Iterable[Projection]) -> float:
    return sum(map(work_of, projections))


def _ratio(measured: Measurement, projection: Projection) -> float:
    return measured.peak_bytes / projection.peak_bytes if projection.peak_bytes else 0.0
