"""The arrays written once, when a store is created: coordinates, and the id of the task of every run."""

from collections.abc import Iterator, Mapping, Sequence

from hpcpinn.plan.variables import Variable
from hpcpinn.study.axes import Axis
from hpcpinn.study.configuration import Scalar

LABELS = {
    "step": (("step",), "int64", "training step of the record"),
    "block": (("block",), "string", 'block of the kernel: "all", or one term'),
    "layer": (("layer",), "string", "layer of the network"),
    "linearized": (("linearized",), "string", 'kernel that is held fixed: "initial", K at step 0, or its "limit"'),
    "term_name": (("term",), "string", "name of the term"),
}


def label_variables(axes: Sequence[Axis], sizes: Mapping[str, int], coordinates: Sequence[str]) -> tuple[Variable, ...]:
    """Axes, step, block, term_name, term(row), task, and the problem's coordinates by row.

    Rows depend on the swept `points.*` axes, which then lead the dimensions of `term` and of the coordinates.
    """
    return (
        *(_label(axis.name, (axis.name,), sizes, dtype_of(axis.values), axis.key) for axis in axes),
        *(_label(name, dims, sizes, *rest) for name, (dims, *rest) in LABELS.items() if sizes.keys() >= set(dims)),
        _label(
            "task",
            tuple(axis.name for axis in axes),
            sizes,
            "uint64",
            "id of the task that computes the run, or its first steps",
        ),
        *_row_labels(axes, sizes, coordinates),
    )


def _row_labels(axes: Sequence[Axis], sizes: Mapping[str, int], coordinates: Sequence[str]) -> Iterator[Variable]:
    rows = (*(axis.name for axis in axes if axis.key.startswith("points.")), "row")
    yield _label("term", rows, sizes, "string", 'term of the row; "" where a cell has fewer rows than the others')
    for name in coordinates:
        yield _label(name, rows, sizes, "float64", f"coordinate {name} of the row's point")


def dtype_of(values: Sequence[Scalar]) -> str:
    """The narrowest type that holds every value of an axis; a mixture with strings is strings.

    >>> dtype_of((1, 2)), dtype_of((1, 0.5)), dtype_of((True, False)), dtype_of((0.1, "0.5 edge"))
    ('int64', 'float64', 'bool', 'string')
    """
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return "int64"
    return "float64" if kinds <= {int, float} else "string"


def _label(name: str, dims: tuple[str, ...], sizes: Mapping[str, int], dtype: str, meaning: str) -> Variable:
    shape = tuple(sizes[dim] for dim in dims)
    return Variable(name, dims, shape, shape, dtype, {"units": "1", "long_name": meaning})
