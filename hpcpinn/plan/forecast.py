"""What the tasks of a plan will take on one machine."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hpcpinn.plan.cost import Cost
from hpcpinn.plan.duration import START_SECONDS, compilation_seconds, task_seconds
from hpcpinn.plan.flops import kernel_flops
from hpcpinn.plan.memory import memory_class
from hpcpinn.plan.narrow import is_narrow
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.rates import Rates
from hpcpinn.plan.retries import Needs
from hpcpinn.plan.tasks import Task
from hpcpinn.plan.workload import Workload


@dataclass(frozen=True)
class Forecast:
    """A task and what it is predicted to take.

    Attributes:
        task: the task.
        peak_bytes: projected peak memory.
        seconds: in a process that has compiled the programs of the cell.
        compilation: seconds until it has.
        programs: what these programs are made for: the cell, and with narrow networks side by side their number.
        dealt_bytes: of the peak, what is dealt out to devices and processes that work together.
    """

    task: Task
    peak_bytes: int
    seconds: float
    compilation: float
    programs: tuple[int, ...]
    dealt_bytes: int = 0

    @property
    def alone(self) -> float:
        """Seconds in a process of its own."""
        return START_SECONDS + self.compilation + self.seconds


def forecasts(plan: Plan, rates: Rates, tasks: Iterable[Task]) -> tuple[Forecast, ...]:
    """Forecasts of some tasks of a plan, in its order."""
    wanted = {task.id for task in tasks}
    alike: dict[tuple[tuple[int, ...], int, int], Forecast] = {}
    found = []
    for task, load, cost in zip(plan.tasks, plan.loads, plan.costs, strict=True):
        if task.id in wanted:
            # Tasks of a cell share their cost: 100 000 forecasts took 10 s one by one.
            kind = (task.cell, task.count, id(cost))
            alike[kind] = replace(alike[kind], task=task) if kind in alike else _forecast(task, load, cost, rates)
            found.append(alike[kind])
    return tuple(found)


def _forecast(task: Task, load: Workload, cost: Cost, rates: Rates) -> Forecast:
    seconds, compilation = task_seconds(load, task.count, cost, rates), compilation_seconds(load)
    programs = (*task.cell, task.count) if is_narrow(kernel_flops(load)) else task.cell
    return Forecast(task, cost.peak_bytes, seconds, compilation, programs, cost.peak.get("factors", 0))


def needing(forecast: Forecast, needs: Needs) -> Forecast:
    """The forecast of a task that has shown that it needs more than it was given."""
    if needs.memory == needs.seconds == 1:
        return forecast
    return replace(
        forecast,
        peak_bytes=needs.memory * memory_class(forecast.peak_bytes),
        dealt_bytes=needs.memory * forecast.dealt_bytes,
        seconds=needs.seconds * forecast.alone - START_SECONDS - forecast.compilation,
    )


def in_turn(of_tasks: Iterable[Forecast]) -> float:
    """Seconds of tasks one after the other in one process that has started: programs are compiled once."""
    found = list(of_tasks)
    compilations = {forecast.programs: forecast.compilation for forecast in found}
    return sum(forecast.seconds for forecast in found) + sum(compilations.values())
