"""A look at terms and exact solution before anything is written: what is not a number somewhere is refused."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

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
    """Evaluate every term at its points with a small network, and the exact solution at all; the points by combination of the swept `points.*` keys.

    Raises:
        ProblemError: a term is NaN or infinite at a point, which is named.
    """
    result = {}
    for combination in plan.points:
        configuration = study.configuration(combination.cell)
        problem = setup.problem_of(configuration, study.folder)
        result[combination.index] = setup.points_of(configuration, problem)
        for term in problem.terms.values():
            _check_term(problem, term, result[combination.index])
        if problem.exact is not None:
            values = evaluation.exact(problem, jnp.asarray(result[combination.index].all))
            _check_finite(problem, "`exact`", result[combination.index], result[combination.index].all, values)
    return result


def _check_term(problem: Problem, term: Term, points: Points) -> None:
    params = _SMALL.init(jax.random.key(0), problem)
    x = points[term.name]
    values = evaluation.residuals(problem, term, _SMALL, params, jnp.asarray(x))
    _check_finite(problem, f"term `{term.name}`", points, x, values)


def _check_finite(
    problem: Problem, what: str, points: Points, x: Float[np.ndarray, "row coordinate"], values: Float[Array, "row ..."]
) -> None:
    finite = np.isfinite(np.asarray(values)).reshape(len(x), -1).all(axis=1)
    if finite.all():
        return
    where = ", ".join(f"{name} = {value:g}" for name, value in zip(points.coordinates, x[finite.argmin()], strict=True))
    raise errors.ProblemError(
        f"{what} of problem `{type(problem).__name__}` is {values[finite.argmin()]} at {where}; allowed: a finite number at "
        f"every point. Check divisions, roots and logarithms in it, or move the points away from there."
    )
