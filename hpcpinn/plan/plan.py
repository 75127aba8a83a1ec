"""A study becomes a plan: data that says what will run, what it costs, and what the store looks like."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hpcpinn.errors import StudyError
from hpcpinn.plan import cost
from hpcpinn.plan.batches import check_batch
from hpcpinn.plan.coordinates import check_coordinates
from hpcpinn.plan.cost import Cost
from hpcpinn.plan.factors import check_factors
from hpcpinn.plan.hypercube import data_variables
from hpcpinn.plan.labels import label_variables
from hpcpinn.plan.limit import limit_places
from hpcpinn.plan.outline import Outline
from hpcpinn.plan.packing import seeds_per_task
from hpcpinn.plan.points import PointCell, point_cells, point_positions
from hpcpinn.plan.shape import shape_of
from hpcpinn.plan.tasks import Task, tasks_of_cell
from hpcpinn.plan.variables import Variable
from hpcpinn.plan.workload import Workload, workload
from hpcpinn.study.axes import Axis
from hpcpinn.study.configuration import Configuration
from hpcpinn.study.extension import first_extent
from hpcpinn.study.extent import Extent, Segments
from hpcpinn.study.source import problem_source
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Plan:
    """What has to be done.

    Attributes:
        study: what is planned.
        extent: where its values lie in the store.
        name: name of the study.
        identity: sha256 of the study, which is also that of its store.
        axes: axes of the sweep, seed last.
        sizes: length of every dimension of the store.
        terms: names of the problem's terms, in the order of their rows.
        steps: recorded steps.
        layers: layers whose share in the kernel is kept.
        linearized: the kernels under which training is predicted.
        points: rows of each term at every combination of the swept `points.*` keys.
        seeds_per_task: seeds of one task, which is the chunk along the seed axis.
        tasks: in the order of cells and seeds; they cover every run exactly once.
        loads: a run of each task, in the same order.
        costs: of each task, in the same order.
        variables: the arrays that tasks write.
        coordinates: the arrays written when the store is created.
    """

    study: Study
    extent: Extent
    name: str
    identity: str
    axes: tuple[Axis, ...]
    sizes: dict[str, int]
    terms: tuple[str, ...]
    steps: tuple[int, ...]
    layers: tuple[str, ...]
    linearized: tuple[str, ...]
    points: tuple[PointCell, ...]
    seeds_per_task: int
    tasks: tuple[Task, ...]
    loads: tuple[Workload, ...]
    costs: tuple[Cost, ...]
    variables: tuple[Variable, ...]
    coordinates: tuple[Variable, ...]

    @cached_property
    def total(self) -> Cost:
        """All tasks together with the store's own files; the peak is that of the largest task."""
        return cost.total(self.costs, len(self.variables), len(self.coordinates))

    def variable(self, name: str) -> Variable | None:
        """The array of this name that tasks write; None when this study has none."""
        return next((variable for variable in self.variables if variable.name == name), None)

    def points_of(self, cell: tuple[int, ...]) -> PointCell:
        """The points of a cell."""
        positions = point_positions(self.axes[:-1])
        return self._points[tuple(cell[place] for place in positions)]

    @cached_property
    def _points(self) -> dict[tuple[int, ...], PointCell]:
        return {point.index: point for point in self.points}


def make_plan(study: Study, outline: Outline) -> Plan:
    """Plan a study of a problem with this outline.

    Raises:
        StudyError: points or factors do not match the problem's terms, causal weights go along no coordinate of it, or
            two dimensions would have one name.
    """
    points = point_cells(study, outline)
    check_factors(study, outline)
    cells = _loads(study, outline, points)
    check_coordinates((configuration for configuration, _ in cells.values()), outline)
    extent = study.extent or first_extent(study, _packed(study, cells))
    packed = extent.seeds.chunk
    shape = shape_of(study, extent, outline, points, [configuration for configuration, _ in cells.values()])
    names, sizes = [axis.name for axis in study.axes], shape.sizes
    places, steps = limit_places(study.cell_axes), extent.steps.chunk
    variables = data_variables(names, sizes, packed, shape.kept, shape.available, places, steps)
    labels = label_variables(study.axes, sizes, outline.coordinates)
    _refuse_duplicates(variables, labels)
    tasks = tuple(_tasks(study, cells, extent))
    loads = tuple(_loads_of(tasks, cells, extent.steps))
    return Plan(
        study=study,
        extent=extent,
        name=study.name,
        identity=study.identity,
        axes=study.axes,
        sizes=sizes,
        terms=outline.terms,
        steps=extent.steps.values,
        layers=shape.layers,
        linearized=shape.linearized,
        points=points,
        seeds_per_task=packed,
        tasks=tasks,
        loads=loads,
        costs=cost.of_tasks(tasks, loads, variables),
        variables=variables,
        coordinates=labels,
    )


Cells = Mapping[tuple[int, ...], tuple[Configuration, Workload]]


def _loads(study: Study, outline: Outline, points: Sequence[PointCell]) -> Cells:
    counts = {point.index: point.counts for point in points}
    positions = point_positions(study.cell_axes)
    cells = {}
    for cell in study.cells():
        configuration = study.configuration(cell)
        here = counts[tuple(cell[place] for place in positions)]
        check_batch(configuration.batch, here, outline)
        cells[cell] = (configuration, workload(configuration, here, outline))
    return cells


def _packed(study: Study, cells: Cells) -> int:
    return seeds_per_task({_recorded(load, study.steps) for _, load in cells.values()}, len(study.seeds))


def _loads_of(tasks: Sequence[Task], cells: Cells, steps: Segments) -> Iterator[Workload]:
    """A run of each task: later steps take the training from its beginning, and the kernel at step 0."""
    known: dict[object, Workload] = {}
    for task in tasks:
        here = (task.cell, task.steps)
        if here not in known:
            load = _recorded(cells[task.cell][1], steps.at(range(*task.steps)))
            known[here] = load if task.is_first else dataclasses.replace(load, records=load.records + 1)
        yield known[here]


def _recorded(load: Workload, steps: Sequence[int]) -> Workload:
    return dataclasses.replace(load, records=len(steps), steps=max(1, steps[-1])) if load.steps else load


def _tasks(study: Study, cells: Cells, extent: Extent) -> Iterator[Task]:
    # Where the problem's file lies does not count, neither here nor in the identity of the study.
    problem = problem_source(study).content
    counted = any(axis.key == "training.steps" for axis in study.axes)
    seeds, packed = list(zip(extent.seeds.starts, extent.seeds.parts, strict=True)), extent.seeds.chunk
    for cell, (configuration, _) in cells.items():
        for span, record in zip(extent.steps.spans, extent.steps.parts, strict=True):
            content = _content(configuration, record, counted) | {"problem": problem}
            for start, part in seeds:
                yield from tasks_of_cell(cell, content, part, packed, start, span)


def _content(configuration: Configuration, record: Sequence[int], counted: bool) -> dict[str, Any]:
    """What decides a run at these steps: how far it is trained beyond them does not, unless cells differ by it."""
    content = configuration.model_dump(mode="json", exclude_defaults=True)
    if "training" in content:
        content["training"] |= {"record": list(record)}
        content["training"] = {key: value for key, value in content["training"].items() if counted or key != "steps"}
    return content


def _refuse_duplicates(variables: Sequence[Variable], labels: Sequence[Variable]) -> None:
    names = Counter(variable.name for variable in (*variables, *labels))
    for name in (name for name, count in names.items() if count > 1):
        raise StudyError(
            f"the store would have two arrays called `{name}`: an axis of the sweep, a quantity and a coordinate of "
            f"the problem all need names of their own. Rename the problem's coordinate `{name}`, or do not sweep it."
        )
