"""A task writes its own part of the store, in whole chunks."""

from collections.abc import Iterable, Mapping

import numpy as np

from hpcpinn.plan.hypercube import PADDED
from hpcpinn.plan.plan import Plan
from hpcpinn.plan.tasks import Task
from hpcpinn.plan.variables import Region, Variable, chunks, is_aligned, owned
from hpcpinn.store import arrays, disk, layout
from hpcpinn.store.store import Store


def write_region(
    store: Store,
    plan: Plan,
    task: Task,
    values: Mapping[str, np.ndarray],
    part: Mapping[str, range] | None = None,
) -> list[str]:
    """Write arrays of a task; nothing of it counts until the ledger publishes the task.

    Args:
        store: the store.
        plan: the plan it was made from.
        task: the task that owns the region.
        values: by name of variable; the dimensions are those after the cell's: (seeds, ...), or without seeds for what
            depends on none. A value that is short along row, col or mode is filled up with NaN.
        part: positions along some dimensions, when not all that the task owns is written: `{"seed": range(3, 4),
            "step": range(2, 3)}` for one kernel.

    Returns:
        The chunk files written, relative to the store, for `ledger.publish`.

    Raises:
        ValueError: a variable that does not exist, a region that the task does not own or that is not made of whole
            chunks, or a value of another shape.
        StoreError: the disk refuses.
    """
    files: list[str] = []
    for name, value in values.items():
        variable = _variable(plan, name)
        region = region_of(variable, task, part or {})
        with disk.reported(store.path):
            array = arrays.ending(store.array(name), [at.stop for at in region])
            array[tuple(slice(at.start, at.stop) for at in region)] = _shaped(variable, region, task, value)
        files.extend(layout.chunk(name, position) for position in chunks(variable, region))
    return files


def region_of(variable: Variable, task: Task, part: Mapping[str, range]) -> Region:
    """The part of a variable that a task is about to write.

    Raises:
        ValueError: the task does not own it, or it is not made of whole chunks.
    """
    whole = owned(variable, task)
    region = tuple(part.get(dim, at) for dim, at in zip(variable.dims, whole, strict=True))
    if not all(
        at.step == 1 and own.start <= at.start <= at.stop <= own.stop for at, own in zip(region, whole, strict=True)
    ):
        raise ValueError(
            f"task {task.id} owns {_spelled(variable, whole)} and was to write {_spelled(variable, region)}"
        )
    if not is_aligned(variable, region, whole):
        raise ValueError(f"{_spelled(variable, region)} is not made of whole chunks of {variable.chunks}")
    return region


def owns(plan: Plan, task: Task, name: str) -> bool:
    """Whether this plan has the variable, and the task writes some of it."""
    variable = plan.variable(name)
    return variable is not None and all(owned(variable, task))


def own_part(plan: Plan, task: Task, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The values of variables that this task writes: a task of later steps leaves what has no step to the first one."""
    skipped = [] if task.is_first else [name for name in values if not owns(plan, task, name)]
    return {name: value for name, value in values.items() if name not in skipped}


def owned_files(plan: Plan, task: Task, names: Iterable[str] | None = None) -> list[str]:
    """Every chunk file of a finished task, of all variables or of those named."""
    variables = plan.variables if names is None else [_variable(plan, name) for name in names]
    return [
        layout.chunk(variable.name, position)
        for variable in variables
        for position in chunks(variable, owned(variable, task))
    ]


def _variable(plan: Plan, name: str) -> Variable:
    variable = plan.variable(name)
    if variable is None:
        raise ValueError(f"`{name}` is not a variable of this plan: {[known.name for known in plan.variables]}")
    return variable


def _shaped(variable: Variable, region: Region, task: Task, value: np.ndarray) -> np.ndarray:
    cells = len(task.cell if variable.places is None else variable.places)
    shape = tuple(len(at) for at in region[cells:])
    dims = variable.dims[cells:]
    fits = value.ndim == len(shape) and all(
        have == want or (dim in PADDED and have < want)
        for have, want, dim in zip(value.shape, shape, dims, strict=True)
    )
    if not fits:
        raise ValueError(f"`{variable.name}` has the shape {value.shape} and {_spelled(variable, region)} is written")
    whole = np.full(shape, np.nan, dtype=variable.dtype)
    whole[tuple(slice(size) for size in value.shape)] = value
    return whole.reshape((1,) * cells + shape)


def _spelled(variable: Variable, region: Region) -> str:
    places = ", ".join(f"{dim} {at.start}:{at.stop}" for dim, at in zip(variable.dims, region, strict=True))
    return f"{variable.name}[{places}]"
