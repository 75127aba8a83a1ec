"""What a problem class may declare: checked once, when the class is written."""

import math
from collections.abc import Set
from typing import Any

from hpcpinn import errors
from hpcpinn.model import derivative_names, terms

# Names that label something else in a result, and cannot be coordinates beside it.
RESERVED = frozenset(
    ["width", "depth", "seed", "step", "row", "col", "term", "term_name", "block", "mode", "task", "status"]
)


def check(cls: type, own: Set[str]) -> None:
    """Check the coordinates, fields and terms of a new class; `own` are the names that a problem has itself."""
    coordinates = getattr(cls, "coordinates", None)
    if not coordinates:
        raise errors.ProblemError(
            f"problem `{cls.__name__}` has no coordinates; allowed: an interval for each. Write "
            'coordinates = {"x": (0.0, 1.0)} in the class.'
        )
    for name, interval in coordinates.items():
        _check_coordinate(cls.__name__, name, interval)
    _check_fields(cls.__name__, cls.fields, tuple(coordinates))
    _check_terms(cls, own)


def check_annotations(cls: type, own: Set[str]) -> None:
    """Check that no parameter hides something that every problem has."""
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if name in own and "ClassVar" not in str(annotation):
            raise errors.ProblemError(
                f"problem `{cls.__name__}` annotates `{name}: {annotation}`, which makes it a parameter; allowed: "
                f"any other name for a parameter. Write `{name} = ...` without an annotation."
            )


def _check_terms(cls: type, own: Set[str]) -> None:
    for name in terms.terms_of(cls):
        if name in own:
            raise errors.ProblemError(
                f"a term of problem `{cls.__name__}` is called `{name}`; allowed: any name but "
                f"{', '.join(sorted(own))}. Rename it."
            )


def _check_coordinate(problem: str, name: str, interval: Any) -> None:
    if name in RESERVED or not name.isidentifier() or "_" in name:
        raise errors.ProblemError(
            f"problem `{problem}` has a coordinate `{name}`; allowed: a name of letters and digits that is none of "
            f"{', '.join(sorted(RESERVED))}. Rename it."
        )
    if not _is_interval(interval):
        raise errors.ProblemError(
            f"coordinate `{name}` of problem `{problem}` has the interval {interval}; allowed: two finite numbers "
            "(low, high) with low < high."
        )


def _is_interval(interval: Any) -> bool:
    if not (isinstance(interval, tuple | list) and len(interval) == 2):
        return False
    return all(isinstance(end, int | float) and math.isfinite(end) for end in interval) and interval[0] < interval[1]


def _check_fields(problem: str, fields: Any, coordinates: tuple[str, ...]) -> None:
    if not (isinstance(fields, tuple) and fields and len(set(fields)) == len(fields)):
        raise errors.ProblemError(
            f"problem `{problem}` has the fields {fields!r}; allowed: a tuple of different names. "
            'Write fields = ("u",), with the comma.'
        )
    for field in fields:
        if not (isinstance(field, str) and field.isidentifier()) or field.startswith("_"):
            raise errors.ProblemError(
                f"problem `{problem}` has a field `{field}`; allowed: a Python name that does not begin with an "
                "underscore. Rename it."
            )
        _check_ambiguity(problem, field, fields, coordinates)


def _check_ambiguity(problem: str, field: str, fields: tuple[str, ...], coordinates: tuple[str, ...]) -> None:
    for other in fields:
        if other != field and derivative_names.is_derivative(field, other, coordinates):
            raise errors.ProblemError(
                f"problem `{problem}` has a field `{field}`, which is also a derivative of its field `{other}`; "
                "allowed: names that are no derivative of another field. Rename it."
            )
