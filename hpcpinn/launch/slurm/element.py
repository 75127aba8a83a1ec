"""An element of an array: it asks the ledger what is missing, and does tasks until nothing is or its time is over.

No driver runs anywhere: any element may do any task of its array, and begins at a place of its own in their list so
that elements meet late.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.launch.queue import Queue
from hpcpinn.launch.slurm.notice import Notice
from hpcpinn.plan.forecast import Forecast
from hpcpinn.plan.tasks import Task
from hpcpinn.run import interruption
from hpcpinn.run.task import Outcome
from hpcpinn.store import ledger

Perform = Callable[[Task], Outcome]


@dataclass(frozen=True)
class Share:
    """What an element may do.

    Attributes:
        forecasts: of the tasks of its array, those of a cell side by side.
        place: which element of the array this is, from 0.
        elements: how many there are.
        fits: whether a task may still run with what the elements of this array are given.
    """

    forecasts: Sequence[Forecast]
    place: int
    elements: int
    fits: Callable[[Task], bool]

    def in_order(self) -> list[Forecast]:
        """The tasks, beginning with this element's own part of the list."""
        start = self.place * len(self.forecasts) // max(1, self.elements)
        return [*self.forecasts[start:], *self.forecasts[:start]]


@dataclass(frozen=True)
class Leaving:
    """Why an element has come to its end: "" when there was nothing left for it to do."""

    done: int
    failed: int
    reason: str = ""


def work(store: Path, share: Share, perform: Perform, notice: Notice) -> Leaving:
    """Do tasks until none is left that nobody is at work on, the time is nearly over, or an order to stop comes."""
    outcomes: list[Outcome] = []
    pace = Pace()
    for forecast in _missing(store, share):
        if outcomes and pace.seconds(forecast) > notice.usable:
            notice.time_is_over()
        if interruption.requested() is not None:
            break
        outcomes.append(_told(forecast.task, perform))
        pace.add(forecast, outcomes[-1])
        notice.first = False
    states = [outcome.state for outcome in outcomes]
    return Leaving(states.count("done"), states.count("failed"), interruption.requested() or "")


def _missing(store: Path, share: Share) -> Iterator[Forecast]:
    """Tasks that are neither done nor failed when it is their turn, and that nobody is at work on."""
    by_id: Mapping[str, Forecast] = {forecast.task.id: forecast for forecast in share.in_order()}
    over = ledger.done(store) | ledger.failed(store)
    queue = Queue(store, [forecast.task for forecast in by_id.values() if forecast.task.id not in over])
    while (task := queue.take()) is not None:
        # The queue looks around once a second: elements whose lists begin together would meet.
        if not ledger.is_over(store, task.id) and not ledger.is_running(store, task.id) and share.fits(task):
            yield by_id[task.id]


class Pace:
    """What tasks take here: as predicted, corrected by those that this element has finished."""

    def __init__(self) -> None:
        self._predicted = self._measured = 0.0
        self._compiled: set[tuple[int, ...]] = set()

    def add(self, forecast: Forecast, outcome: Outcome) -> None:
        """Take in a task."""
        if outcome.state == "done":
            self._predicted += self._alone(forecast)
            self._measured += outcome.seconds
        self._compiled = {forecast.programs}  # those of other cells are dropped

    def seconds(self, forecast: Forecast) -> float:
        """Seconds that a task will take."""
        return self._alone(forecast) * (self._measured / self._predicted if self._predicted else 1.0)

    def _alone(self, forecast: Forecast) -> float:
        return forecast.seconds + (0.0 if forecast.programs in self._compiled else forecast.compilation)


def _told(task: Task, perform: Perform) -> Outcome:
    """Do a task, and say so in lines that `hpcpinn logs` finds again."""
    print(f"{BEGIN} {task.id} at {_clock()}", flush=True)
    outcome = perform(task)
    reason = f": {outcome.reason}" if outcome.reason else ""
    print(f"{END} {task.id} {outcome.state} after {outcome.seconds:.1f} s at {_clock()}{reason}", flush=True)
    return outcome


BEGIN, END = "== task", "=="


def _clock() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
