"""A look at terms and exact solution before anything is written: what is not a number somewhere is refused."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hpcpinn import errors
from hpcpinn.model import evaluation
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term
from hpcpinn.plan.plan import Plan
from hpcpinn.run import setup
from hpcpinn.run.combinations import first_cells
from hpcpinn.study.study import Study
from hpcpinn.training import accuracy

# A network that is bounded with all its derivatives: what is not finite comes from the problem.
_SMALL = MLP(width=4, depth=1, activation="tanh")

_Rows = Float[np.ndarray, "row coordinate"]


def rehearse(study: Study, plan: Plan) -> dict[tuple[int, ...], Points]:
    """Evaluate terms at their points with a small network, and the exact solution where errors are measured.

    This is done for every combination of swept points and problem parameters.

    Returns:
        The points by position on the swept `points.*` axes.

    Raises:
        ProblemError: a term or the exact solution is NaN or infinite at a point, which is named.
    """
    result = {}
    for cell in first_cells(study, "points", "problem_parameters"):
        configuration = study.configuration(cell)
        problem = setup.problem_of(configuration, study.folder)
        points = setup.points_of(configuration, problem)
        for term in problem.terms.values():
            _check_term(problem, term, points[term.name])
        _check_exact(problem)
        result[plan.points_of(cell).index] = points
    return result


def _check_term(problem: Problem, term: Term, x: _Rows) -> None:
    params = _SMALL.init(jax.random.key(0), problem)
    values = evaluation.residuals(problem, term, _SMALL, params, jnp.asarray(x))
    _check_finite(problem, f"term `{term.name}`", x, np.asarray(values)[:, None], "every one of its points")


@functools.cache
def _check_exact(problem: Problem) -> None:
    if problem.exact is not None:
        x = accuracy.grid(problem)
        values = np.asarray(evaluation.exact(problem, jnp.asarray(x)))
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
