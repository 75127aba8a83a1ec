"""Resource classes: tasks that ask for as much memory and about as much time, to be submitted together."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from hpcpinn.plan.forecast import Forecast
from hpcpinn.plan.tasks import Task

GIB = 2**30
# One job array for each: more of them are more to watch, and fewer ask for more than most of their tasks take.
MOST_CLASSES = 6
_SHORT, _LONGER = 60.0, 4


@dataclass(frozen=True)
class ResourceClass:
    """Tasks that are given the same.

    Attributes:
        memory: bytes for each task, a power of two of GiB.
        gpus: devices for each task beside the CPU.
        longest: predicted seconds of the longest task in a process of its own.
        forecasts: of its tasks, in the order of the plan.
    """

    memory: int
    gpus: int
    longest: float
    forecasts: tuple[Forecast, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Its tasks."""
        return tuple(forecast.task for forecast in self.forecasts)


def classes(of_tasks: Iterable[Forecast]) -> tuple[ResourceClass, ...]:
    """At most six classes, by memory and then time; every task is in one of them.

    Memory is 1, 2, 4, ... GiB, as much as holds the projected peak; tasks of up to 1, 4, 16, ... minutes are kept
    apart. Where that makes too many classes, those two are joined, again and again, that reserve least for nothing.
    """
    kinds = defaultdict(list)
    for forecast in of_tasks:
        kinds[memory_class(forecast.peak_bytes), time_class(forecast.alone)].append(forecast)
    found = [_class(memory, alike) for (memory, _), alike in kinds.items()]
    while len(found) > MOST_CLASSES:
        pair = min(combinations(found, 2), key=lambda pair: _wasted(*pair))
        found = [one for one in found if one not in pair] + [_joined(*pair)]
    return tuple(sorted(found, key=lambda one: (one.memory, one.longest)))


def memory_class(peak: int) -> int:
    """Bytes of the smallest of 1, 2, 4, ... GiB that hold a projected peak.

    >>> [memory_class(peak) // GIB for peak in (1, GIB, GIB + 1, 5 * GIB)]
    [1, 1, 2, 8]
    """
    whole = math.ceil(peak / GIB)
    return GIB * 2 ** max(0, whole - 1).bit_length()


def time_class(seconds: float) -> int:
    """How often 1 minute has to be multiplied by 4 to be enough.

    >>> [time_class(seconds) for seconds in (1.0, 60.0, 61.0, 3600.0)]
    [0, 0, 1, 3]
    """
    return max(0, math.ceil(math.log(seconds / _SHORT, _LONGER)))


def _class(memory: int, alike: Sequence[Forecast]) -> ResourceClass:
    return ResourceClass(memory, 0, max(forecast.alone for forecast in alike), tuple(alike))


def _joined(one: ResourceClass, other: ResourceClass) -> ResourceClass:
    alike = sorted((*one.forecasts, *other.forecasts), key=lambda forecast: (forecast.task.cell, forecast.task.seeds))
    return _class(max(one.memory, other.memory), alike)


def _wasted(one: ResourceClass, other: ResourceClass) -> float:
    """Bytes times seconds that tasks are given more when two classes are joined."""
    memory, longest = max(one.memory, other.memory), max(one.longest, other.longest)
    return sum(len(which.forecasts) * (memory * longest - which.memory * which.longest) for which in (one, other))
