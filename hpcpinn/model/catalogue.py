"""The catalogue of problems: the built-in ones by name, and users' own by file or module."""

from pathlib import Path
from typing import Any, NamedTuple

from hpcpinn import errors
from hpcpinn.model import parameters, user_code
from hpcpinn.model.problem import Problem, describe
from hpcpinn.model.problems.advection1d import Advection1D
from hpcpinn.model.problems.allen_cahn1d import AllenCahn1D
from hpcpinn.model.problems.burgers1d import Burgers1D
from hpcpinn.model.problems.heat1d import Heat1D
from hpcpinn.model.problems.helmholtz2d import Helmholtz2D
from hpcpinn.model.problems.klein_gordon1d import KleinGordon1D
from hpcpinn.model.problems.lid_driven_cavity2d import LidDrivenCavity2D
from hpcpinn.model.problems.lid_driven_cavity2d_stream import LidDrivenCavity2DStream
from hpcpinn.model.problems.linear_toy1d import LinearToy1D
from hpcpinn.model.problems.navier_stokes2d import NavierStokes2D
from hpcpinn.model.problems.nonlinear_toy1d import NonlinearToy1D
from hpcpinn.model.problems.poisson1d import Poisson1D
from hpcpinn.model.problems.wave1d import Wave1D

PROBLEMS: dict[str, type[Problem]] = {
    "poisson1d": Poisson1D,
    "wave1d": Wave1D,
    "helmholtz2d": Helmholtz2D,
    "heat1d": Heat1D,
    "advection1d": Advection1D,
    "klein_gordon1d": KleinGordon1D,
    "burgers1d": Burgers1D,
    "allen_cahn1d": AllenCahn1D,
    "linear_toy1d": LinearToy1D,
    "nonlinear_toy1d": NonlinearToy1D,
    "navier_stokes2d": NavierStokes2D,
    "lid_driven_cavity2d": LidDrivenCavity2D,
    "lid_driven_cavity2d_stream": LidDrivenCavity2DStream,
}


class Entry(NamedTuple):
    """What the catalogue tells about one problem: its parameters come with their defaults."""

    name: str
    equation: str
    parameters: dict[str, Any]
    has_exact: bool
    has_reference: bool


def problem(reference: str, folder: Path = Path("."), **values: Any) -> Problem:
    """A problem by its name or reference with the given parameters.

    Args:
        reference: "poisson1d", "path/to/file.py:ClassName" or "package.module:ClassName".
        folder: where relative files are found from.
        values: parameters of the problem; the others have their defaults.

    Raises:
        ProblemError: no such problem or parameter, or a file that does not import.

    >>> problem("poisson1d", frequency=2)
    Poisson1D(frequency=2.0, hard_boundary=False)
    """
    found = problem_class(reference, folder)
    arguments = parameters.checked(found, values)
    try:
        return found(**arguments)
    except errors.HpcpinnError:
        raise
    except Exception as error:  # whatever a user's __post_init__ may raise
        raise errors.ProblemError(
            f"problem `{reference}` refuses the parameters {arguments}: {type(error).__name__}: {error} "
            "Allowed: what its __post_init__ accepts."
        ) from error


def problem_class(reference: str, folder: Path = Path(".")) -> type[Problem]:
    """The class that a reference means; raises ProblemError when there is none."""
    where, _, name = reference.rpartition(":")
    if where.endswith(".py") and name:
        return user_code.from_file(folder / where, name)
    if where and name:
        return user_code.from_module(where, name)
    if reference not in PROBLEMS:
        raise errors.ProblemError(
            f"problem `{reference}` does not exist; {errors.nearest(reference, PROBLEMS)} For a problem of your own "
            'write "path/to/file.py:ClassName" or "package.module:ClassName".'
        )
    return PROBLEMS[reference]


def listing() -> list[Entry]:
    """The built-in problems in the order of the catalogue."""
    return [
        Entry(name, describe(found), parameters.defaults(found), found.exact is not None, found.reference is not None)
        for name, found in PROBLEMS.items()
    ]
