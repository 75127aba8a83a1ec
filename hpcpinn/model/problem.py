"""A problem is a class: coordinates, fields, parameters and decorated terms."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, dataclass_transform

from jaxtyping import Array, Key

from hpcpinn.model import declaration, terms
from hpcpinn.model.points import Points
from hpcpinn.model.sampling import domain
from hpcpinn.model.terms import Term


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Problem:
    """A system of differential equations with boundary conditions on a box.

    Attributes:
        coordinates: the domain, an interval for every coordinate, in the order of the network's inputs.
        fields: the unknown functions, in the order of the network's outputs.
        equation: the equation in words of mathematics, for listings.
        exact: optional method `(self, p)` that returns the exact fields, a scalar or a dict by field.
        reference: optional method `(self)` that computes a `hpcpinn.Solution`, for problems without an exact one. It is
            called once for each set of parameters: what it returned is kept in the user's cache folder.
        compared: optional method `(self, p, f)` that returns a dict of what is compared with the exact or reference
            solution, such as velocities of a stream function; without it all fields are. A reference solution has
            fields of these names, an exact one those of the problem.
        hard: optional method `(self, p, f)` that returns the fields rewritten so that boundary conditions hold by
            construction: `f` itself for no change, a scalar, or a dict by field. It may use `f.u`, not its derivatives.

    Every annotated class attribute with a default is a parameter: `viscosity: float = 0.01`.
    """

    coordinates: ClassVar[Mapping[str, tuple[float, float]]]
    fields: ClassVar[tuple[str, ...]] = ("u",)
    equation: ClassVar[str] = ""
    exact: ClassVar[Callable[..., Any] | None] = None
    reference: ClassVar[Callable[..., Any] | None] = None
    compared: ClassVar[Callable[..., Any] | None] = None
    hard: ClassVar[Callable[..., Any] | None] = None

    def __init_subclass__(cls) -> None:
        """Make the subclass a frozen dataclass of its parameters and check what it declares."""
        own = {"coordinates", *(name for name in dir(Problem) if not name.startswith("_"))}
        declaration.check_annotations(cls, own)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        declaration.check(cls, own)

    @property
    def terms(self) -> dict[str, Term]:
        """The terms by name, in the order in which the class writes them: the order of the rows of every kernel."""
        return terms.terms_of(type(self))

    def sample(self, counts: Mapping[str, int], key: Key[Array, ""] | None = None, sampling: str = "grid") -> Points:
        """Points for every term by its name; `sampling` is "grid", "uniform", "latin_hypercube" or "sobol".

        Boundary points are shared out evenly over the faces of their term. A grid holds n**(1/d) points per coordinate.

        Raises:
            ProblemError: a term without points, a term that does not exist, or points that the method cannot give.
        """
        return domain.sample(self.coordinates, self.terms, counts, key, sampling)

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The parameters that a study can set."""
        return tuple(field.name for field in dataclasses.fields(cls))  # pyright: ignore[reportArgumentType]


def describe(problem: type[Problem]) -> str:
    """The equation of a problem: its `equation`, or the first line of its docstring."""
    first_line = (problem.__doc__ or "").strip().split("\n")[0]
    return problem.equation or first_line
