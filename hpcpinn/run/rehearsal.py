"""A look at every term before anything is written: a term that is not a number somewhere is refused."""

import jax
import jax.numpy as jnp
import numpy as np

from hpcpinn import errors
from hpcpinn.model import evaluation
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term
from hpcpinn.plan.plan import Plan
from hpcpinn.run import setup
from hpcpinn.study.study import Study

# A network that is bounded with all its derivatives: what is not finite comes from the problem.
_SMALL = MLP(width=4, depth=1, activation="tanh")


def rehearse(study: Study, plan: Plan) -> dict[tuple[int, ...], Points]:
    """Evaluate every term at its points with a small network; the points by combination of the swept `points.*` keys.

    Raises:
        ProblemError: a term is NaN or infinite at a point, which is named.
    """
    result = {}
    for combination in plan.points:
        configuration = study.configuration(combination.cell)
        problem = setup.problem_of(configuration, study.folder)
        result[combination.index] = setup.points_of(configuration, problem)
        for term in problem.terms.values():
            _check_finite(problem, term, result[combination.index])
    return result


def _check_finite(problem: Problem, term: Term, points: Points) -> None:
    params = _SMALL.init(jax.random.key(0), problem)
    x = points[term.name]
    values = np.asarray(evaluation.residuals(problem, term, _SMALL, params, jnp.asarray(x)))
    if np.isfinite(values).all():
        return
    first = int(np.argmin(np.isfinite(values)))
    where = ", ".join(f"{name} = {value:g}" for name, value in zip(points.coordinates, x[first], strict=True))
    raise errors.ProblemError(
        f"term `{term.name}` of problem `{type(problem).__name__}` is {values[first]} at {where}; allowed: a finite number at "
        f"every point. Check divisions, roots and logarithms in the term, or move the points away from there."
    )
