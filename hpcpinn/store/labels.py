"""Values of the arrays that are written when a store is created."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hpcpinn.plan.plan import Plan
from hpcpinn.plan.variables import Variable

# Seed and step where an extension has left room that nothing uses.
GAP = -1


def label_values(plan: Plan, coordinates: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A value for every array of `plan.coordinates`.

    Args:
        plan: the plan, which knows all of them but the problem's coordinates.
        coordinates: of every row, by name; shape as in the plan, NaN where a cell has fewer rows than others.

    Raises:
        ValueError: a coordinate is missing, unknown, or has another shape than the plan says.
    """
    known = dict(_known(plan))
    wanted = {variable.name: variable for variable in plan.coordinates if variable.name not in known}
    if wanted.keys() != coordinates.keys():
        raise ValueError(f"coordinates {sorted(coordinates)} were given and {sorted(wanted)} are needed")
    given = {name: _checked(wanted[name], values) for name, values in coordinates.items()}
    return known | given


def _known(plan: Plan) -> Iterator[tuple[str, np.ndarray]]:
    variables = {variable.name: variable for variable in plan.coordinates}
    for axis in plan.axes[:-1]:
        yield axis.name, _axis(axis.values, variables[axis.name].dtype)
    yield plan.axes[-1].name, np.asarray(plan.extent.seeds.padded(GAP), dtype="int64")
    yield "step", np.asarray(plan.extent.steps.padded(GAP), dtype="int64")
    yield "block", _strings(("all", *plan.terms))
    if plan.layers:
        yield "layer", _strings(plan.layers)
    if plan.linearized:
        yield "linearized", _strings(plan.linearized)
    yield "term_name", _strings(plan.terms)
    yield "term", _terms(plan, variables["term"])
    yield "task", _tasks(plan, variables["task"])


def _axis(values: Sequence[object], dtype: str) -> np.ndarray:
    return _strings(values) if dtype == "string" else np.asarray(values, dtype=dtype)


def _strings(values: Sequence[object]) -> np.ndarray:
    return np.asarray([str(value) for value in values], dtype=object)


def _terms(plan: Plan, variable: Variable) -> np.ndarray:
    """Term of each row, "" below the last one."""
    terms = np.full(variable.shape, "", dtype=object)
    for point in plan.points:
        terms[point.index][: point.rows] = [name for name, rows in point.counts.items() for _ in range(rows)]
    return terms


def _tasks(plan: Plan, variable: Variable) -> np.ndarray:
    ids = np.zeros(variable.shape, dtype="uint64")
    for task in (task for task in plan.tasks if task.is_first):
        ids[task.cell][slice(*task.seeds)] = int(task.id, 16)
    return ids


def _checked(variable: Variable, values: np.ndarray) -> np.ndarray:
    if values.shape != variable.shape:
        raise ValueError(f"coordinate {variable.name} has the shape {values.shape} and {variable.shape} is needed")
    return values
