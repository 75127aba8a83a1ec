"""Resource classes become job arrays: how many elements, for how long, with what, within what a site allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hpcpinn.plan.classes import ResourceClass
from hpcpinn.plan.forecast import Forecast, in_turn

# More arrays than this are a nuisance to a scheduler and to who watches them.
MOST_ARRAYS = 10
# Of an element's time limit over what its tasks are predicted to take: predictions are no promises.
MARGIN = 1.5
_MINUTE, _FINE = 60, 3600


@dataclass(frozen=True)
class Site:
    """What a cluster allows.

    Attributes:
        target: seconds of work for one element; longer tasks have one for each.
        longest: seconds of the longest time limit.
        warning: seconds before the end that an element is warned.
        array_size: elements of one array.
        running: elements at work at once, of all arrays together.
        submitted: elements in the queue at once, the closing job beside them.
    """

    target: float
    longest: int
    warning: int
    array_size: int
    running: int
    submitted: int


@dataclass(frozen=True)
class JobArray:
    """Elements that are alike, and the tasks that they do.

    Attributes:
        resources: memory and devices of an element.
        forecasts: of its tasks, those of a cell side by side.
        elements: how many there are.
        throttle: how many work at once.
        seconds: time limit of an element.
    """

    resources: ResourceClass
    forecasts: tuple[Forecast, ...]
    elements: int
    throttle: int
    seconds: int


def job_arrays(classes: Sequence[ResourceClass], site: Site) -> tuple[JobArray, ...]:
    """At most ten arrays, one per class, or several where one would be longer than the site allows.

    An element goes on with tasks until its time is nearly over, so that fewer elements than there is work for cost
    time and nothing else: what is left in the end is submitted again by the closing job.
    """
    wanted = [_elements(one, site) for one in classes]
    pieces = _pieces(_within(wanted, site.submitted), site.array_size)
    elements = [min(count, most * site.array_size) for count, most in zip(wanted, pieces, strict=True)]
    allowed = _within(elements, site.submitted)
    throttles = _shares(allowed, site.running)
    return tuple(
        array
        for one, count, throttle, cut in zip(classes, allowed, throttles, pieces, strict=True)
        for array in _cut(one, count, throttle, min(cut, count), site)
    )


def time_limit(longest: float, site: Site) -> int:
    """Seconds of an element whose longest task is predicted to take so long, in whole minutes, and above an hour in 5.

    >>> site = Site(600.0, 86400, 120, 1000, 100, 1000)
    >>> time_limit(60.0, site), time_limit(36000.0, site), time_limit(1e6, site)
    (1020, 54300, 86400)
    """
    wanted = MARGIN * max(site.target, longest) + site.warning
    step = _MINUTE if wanted <= _FINE else 5 * _MINUTE
    return min(site.longest, step * math.ceil(wanted / step))


def _elements(one: ResourceClass, site: Site) -> int:
    """As many as have the work of a target each; never more than tasks."""
    return max(1, min(len(one.forecasts), math.ceil(in_turn(one.forecasts) / site.target)))


def _within(wanted: Sequence[int], most: int) -> list[int]:
    """Shares of at most so many in all, but at least one for each."""
    spare = sum(wanted) - len(wanted)
    if sum(wanted) <= most or not spare:
        return list(wanted)
    free = max(0, most - len(wanted))
    return [1 + free * (count - 1) // spare for count in wanted]


def _shares(elements: Sequence[int], running: int) -> list[int]:
    """How many of each array work at once."""
    return [max(1, min(count, round(running * count / sum(elements)))) for count in elements]


def _pieces(elements: Sequence[int], size: int) -> list[int]:
    """Into how many arrays each class is cut; what does not fit into ten arrays is left to the elements there are."""
    pieces = [math.ceil(count / size) for count in elements]
    while sum(pieces) > MOST_ARRAYS and max(pieces) > 1:
        pieces[pieces.index(max(pieces))] -= 1
    return pieces


def _cut(one: ResourceClass, elements: int, throttle: int, pieces: int, site: Site) -> list[JobArray]:
    seconds = time_limit(one.longest, site)
    return [
        JobArray(
            resources=one,
            forecasts=one.forecasts[_part(len(one.forecasts), k, pieces)],
            elements=len(range(elements)[_part(elements, k, pieces)]),
            throttle=max(1, throttle // pieces),
            seconds=seconds,
        )
        for k in range(pieces)
    ]


def _part(count: int, place: int, pieces: int) -> slice:
    return slice(place * count // pieces, (place + 1) * count // pieces)
