"""A look at terms and known solution before anything is written: what is not a number somewhere is refused."""

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn import errors
from hpcpinn.model import comparison, evaluation
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.network import Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.plan.plan import Plan
from hpcpinn.run import references, setup
from hpcpinn.run.combinations import first_cells
from hpcpinn.study.study import Study
from hpcpinn.training import accuracy

# A network that is bounded with all its derivatives: what is not finite comes from the problem.
_SMALL = MLP(width=4, depth=1, activation="tanh")

_Rows = Float[np.ndarray, "row coordinate"]


def rehearse(study: Study, plan: Plan) -> dict[tuple[int, ...], Points]:
    """Evaluate terms at their points with a small network, and the known solution where errors are measured.

    This is done for every combination of swept points, problem parameters and curricula. Reference solutions that are
    not in the cache folder are computed here, before tasks ask for them.

    Returns:
        The points by position on the swept `points.*` axes.

    Raises:
        ProblemError: a term or the exact solution is NaN or infinite at a point, which is named; or there is
            no reference solution with these parameters.
    """
    result = {}
    for cell in first_cells(study, "points", "problem_parameters", "curriculum"):
        configuration = study.configuration(cell)
        problem = setup.problem_of(configuration, study.folder)
        points = setup.points_of(configuration, problem)
        for trained in (problem, *setup.taught_of(configuration, study.folder)):
            _check_terms(trained, points)
        _check_known(problem, configuration.points.compared)
        result[plan.points_of(cell).index] = points
    return result


def _check_terms(problem: Problem, points: Points) -> None:
    x = {name: jnp.asarray(points[name]) for name in problem.terms}
    for name, values in _values(problem, _params(problem), x).items():
        _check_finite(problem, f"term `{name}`", points[name], np.asarray(values)[:, None], "every one of its points")


# One program for all terms: operation by operation they took 3 s, most of the start of a small study.
@functools.partial(jax.jit, static_argnums=0)
def _values(problem: Problem, params: Params, x: Mapping[str, Array]) -> dict[str, Array]:
    terms = problem.terms.items()
    return {name: evaluation.residuals(problem, term, _SMALL, _SMALL.affine(params), x[name]) for name, term in terms}


def _params(problem: Problem) -> Params:
    """Parameters of the small network; not from `init`, which compiles for every shape."""
    random = np.random.default_rng(0)
    sites = _SMALL.sites(len(problem.coordinates), len(problem.fields))
    shapes = {site.name: {"weight": (site.fan_out, site.fan_in), "bias": (site.fan_out,)} for site in sites}
    return {
        site: {leaf: jnp.asarray(random.standard_normal(shape)) for leaf, shape in leaves.items()}
        for site, leaves in shapes.items()
    }


@functools.cache
def _check_known(problem: Problem, compared: int) -> None:
    if comparison.is_known(problem) and compared:
        x, values = map(np.asarray, accuracy.reference(problem, compared, references.solution_of(problem)))
        _check_finite(problem, "`exact`", x, values, "every point of the domain, its ends included")


def _check_finite(
    problem: Problem, what: str, x: _Rows, values: Float[np.ndarray, "row field"], everywhere: str
) -> None:
    wrong = np.argwhere(~np.isfinite(values))
    if not len(wrong):
        return
    row, field = wrong[0]
    where = ", ".join(f"{name} = {value:g}" for name, value in zip(problem.coordinates, x[row], strict=True))
    raise errors.ProblemError(
        f"{what} of problem `{problem}` is {values[row, field]} at {where}; allowed: a finite number at {everywhere}. "
        f"Check divisions, roots and logarithms in it, and the coordinates they are taken of."
    )
