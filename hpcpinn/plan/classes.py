"""Resource classes: tasks that ask for as much memory and about as much time, to be submitted together."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from hpcpinn.plan.forecast import Forecast
from hpcpinn.plan.memory import MIB, memory_class
from hpcpinn.plan.tasks import Task

# One job array for each: more of them are more to watch, and fewer ask for more than most of their tasks take.
MOST_CLASSES = 6
_SHORT, _LONGER = 60.0, 4


@dataclass(frozen=True)
class ResourceClass:
    """Tasks that are given the same.

    Attributes:
        memory: bytes for each task on each of its nodes, a power of two of GiB.
        gpus: devices for each task on each of its nodes, beside the CPU.
        nodes: over which one task is spread.
        longest: predicted seconds of the longest task in a process of its own.
        forecasts: of its tasks, in the order of the plan.
    """

    memory: int
    gpus: int
    longest: float
    forecasts: tuple[Forecast, ...]
    nodes: int = 1

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Its tasks."""
        return tuple(forecast.task for forecast in self.forecasts)


@dataclass(frozen=True)
class Node:
    """What one node has for tasks.

    Attributes:
        memory: bytes.
        gpus: devices.
        gpu_memory: bytes of one device.
        nodes: most nodes over which one task may be spread.
    """

    memory: int
    gpus: int = 0
    gpu_memory: int = 0
    nodes: int = 1


def classes(of_tasks: Iterable[Forecast], node: Node | None = None) -> tuple[ResourceClass, ...]:
    """At most six classes, by nodes, devices, memory and then time; every task is in one of them.

    Memory is 1, 2, 4, ... GiB, as much as holds the projected peak; tasks of up to 1, 4, 16, ... minutes are kept
    apart. Where that makes too many classes, those two are joined, again and again, that reserve least for nothing.

    Args:
        of_tasks: what the tasks are predicted to take.
        node: where they will run. With devices, a task has 1, 2, 4, ... of them, as many as hold its peak; what one
            node cannot hold is spread over 2, 4, ... of them. A task that does not fit is given all that there is.
    """
    kinds = defaultdict(list)
    for forecast in of_tasks:
        kinds[(*_given(forecast, node), time_class(forecast.alone))].append(forecast)
    found = [_class(memory, gpus, spread, alike) for (spread, gpus, memory, _), alike in kinds.items()]
    while len(found) > MOST_CLASSES and (pairs := [pair for pair in combinations(found, 2) if _can_join(*pair)]):
        pair = min(pairs, key=lambda pair: _wasted(*pair))
        found = [one for one in found if one not in pair] + [_joined(*pair)]
    return tuple(sorted(found, key=lambda one: (one.nodes, one.gpus, one.memory, one.longest)))


def _given(forecast: Forecast, node: Node | None) -> tuple[int, int, int]:
    """Nodes of a task, and devices and memory on each of them."""
    if node is None:
        return 1, 0, memory_class(forecast.peak_bytes)
    spread = nodes(forecast, node)
    return spread, _devices(forecast, node, spread), min(node.memory, memory_class(on_each(forecast, spread)))


def nodes(forecast: Forecast, node: Node) -> int:
    """Over how many nodes a task is spread: the fewest of 1, 2, 4, ... that hold it, or as many as are allowed."""
    spread = 1
    while on_each(forecast, spread) > node.memory and 2 * spread <= node.nodes:
        spread *= 2
    return spread


# What processes that compute together need to exchange: 100 MiB were measured for two of them on CPUs (gloo).
GROUP_BYTES = 128 * MIB


def on_each(forecast: Forecast, spread: int, devices: int = 1) -> int:
    """Bytes on each of so many nodes, or of their devices: factors of rows are dealt out, everything else is on all."""
    together = GROUP_BYTES if spread > 1 else 0
    dealt = math.ceil(forecast.dealt_bytes / (spread * devices))
    return forecast.peak_bytes - forecast.dealt_bytes + dealt + together


def _devices(forecast: Forecast, node: Node, spread: int) -> int:
    if not node.gpus:
        return 0
    wanted = 1
    while on_each(forecast, spread, wanted) > node.gpu_memory and 2 * wanted <= node.gpus:
        wanted *= 2
    return wanted


def _can_join(one: ResourceClass, other: ResourceClass) -> bool:
    return (one.nodes, one.gpus) == (other.nodes, other.gpus)


def time_class(seconds: float) -> int:
    """How often 1 minute has to be multiplied by 4 to be enough.

    >>> [time_class(seconds) for seconds in (1.0, 60.0, 61.0, 3600.0)]
    [0, 0, 1, 3]
    """
    return max(0, math.ceil(math.log(seconds / _SHORT, _LONGER)))


def _class(memory: int, gpus: int, spread: int, alike: Sequence[Forecast]) -> ResourceClass:
    return ResourceClass(memory, gpus, max(forecast.alone for forecast in alike), tuple(alike), spread)


def _joined(one: ResourceClass, other: ResourceClass) -> ResourceClass:
    alike = sorted((*one.forecasts, *other.forecasts), key=lambda forecast: (forecast.task.cell, forecast.task.seeds))
    return _class(max(one.memory, other.memory), one.gpus, one.nodes, alike)


def _wasted(one: ResourceClass, other: ResourceClass) -> float:
    """Bytes times seconds that tasks are given more when two classes are joined."""
    memory, longest = max(one.memory, other.memory), max(one.longest, other.longest)
    return sum(len(which.forecasts) * (memory * longest - which.memory * which.longest) for which in (one, other))
