"""Terms of a problem: methods of a class marked as holding in the interior or on faces of the domain."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hpcpinn import errors

RESERVED = ("all", "sampling", "seed", "compared", "drawn_from", "every")
_MARK = "__hpcpinn_term__"


@dataclass(frozen=True)
class Face:
    """A face of the domain: one coordinate held at a value."""

    coordinate: str
    value: float


@dataclass(frozen=True)
class Term:
    """One term of a problem: `evaluate(problem, p, f)` at points of the interior or of some faces.

    `faces` is empty for a term of the interior.
    """

    name: str
    evaluate: Callable[..., Any]
    faces: tuple[Face, ...]


@dataclass(frozen=True)
class _Mark:
    where: Mapping[str, Any] | None  # None for the interior; otherwise the faces asked for, empty for all of them


def interior(method: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a method `(self, p, f)` of a problem as a term that holds inside the domain."""
    setattr(method, _MARK, _Mark(None))
    return method


def boundary(**faces: float | tuple[float, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a method as a term that holds on faces: `boundary(t=0)`, `boundary(x=(-1, 1))`, `boundary()` for all."""

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        setattr(method, _MARK, _Mark(faces))
        return method

    return mark


@functools.cache
def terms_of(problem: type) -> dict[str, Term]:
    """The terms of a problem class in the order in which they are written; raises ProblemError for impossible ones."""
    marked = {}
    for base in reversed(problem.__mro__):
        marked |= {name: member for name, member in vars(base).items() if getattr(member, _MARK, None) is not None}
    if not marked:
        raise errors.ProblemError(
            f"problem `{problem.__name__}` has no term; allowed: at least one method under @hpcpinn.interior or "
            "@hpcpinn.boundary(x=...). Decorate the method that returns the residual."
        )
    return {name: _term(problem, name, method) for name, method in marked.items()}


def _term(problem: type, name: str, method: Callable[..., Any]) -> Term:
    if name in RESERVED:
        raise errors.ProblemError(
            f"a term of `{problem.__name__}` is called `{name}`; allowed: any name but {', '.join(RESERVED)}. "
            "Rename it."
        )
    mark: _Mark = getattr(method, _MARK)
    if mark.where is None:
        return Term(name, method, ())
    domain: Mapping[str, tuple[float, float]] = getattr(problem, "coordinates")  # noqa: B009
    where = mark.where or domain
    return Term(name, method, tuple(_faces(problem.__name__, name, where, domain)))


def _faces(problem: str, term: str, where: Mapping[str, Any], domain: Mapping[str, tuple[float, float]]) -> list[Face]:
    faces = []
    for coordinate, values in where.items():
        if coordinate not in domain:
            raise errors.ProblemError(
                f"the boundary of term `{term}` of `{problem}` names the coordinate `{coordinate}`; "
                f"{errors.nearest(coordinate, domain)}"
            )
        several = values if isinstance(values, tuple | list) else (values,)
        if not several:
            raise errors.ProblemError(
                f"the boundary of term `{term}` of `{problem}` has no values of `{coordinate}`; allowed: at least one, "
                f"such as {coordinate}={domain[coordinate][0]}."
            )
        for value in several:
            faces.append(Face(coordinate, _inside(problem, term, coordinate, value, domain[coordinate])))
    return faces


def _inside(problem: str, term: str, coordinate: str, value: float, interval: tuple[float, float]) -> float:
    if not (isinstance(value, int | float) and interval[0] <= value <= interval[1]):
        raise errors.ProblemError(
            f"the boundary of term `{term}` of `{problem}` is at {coordinate} = {value}; allowed: a number from "
            f"{interval[0]} to {interval[1]}, the domain in `coordinates`."
        )
    return float(value)
