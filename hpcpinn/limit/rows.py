r"""What a row reads of the fields: the coefficients of its linearisation, $\partial F/\partial c_{f\alpha}$.

For a linear term they are functions of the point alone, and the limit of the kernel is deterministic. For a nonlinear
one they depend on the fields, a Gaussian process in the limit, and so does the kernel.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal
from jax.extend.core import primitives as p
from jaxtyping import Array, Float

from hpcpinn.model import evaluation, precision
from hpcpinn.model.channels import Channels
from hpcpinn.model.jet import Jet
from hpcpinn.model.problem import Problem
from hpcpinn.model.requirements import required_channels
from hpcpinn.model.terms import Term


@functools.partial(jax.jit, static_argnums=(0, 1))
def coefficients(
    problem: Problem,
    term: Term,
    x: Float[Array, "row coordinate"],
    fields: Float[Array, "row channel field"],
) -> Float[Array, "row channel field"]:
    """The linearisation of every row at these jets of the fields."""
    return jax.vmap(lambda one, jets: _slope(problem, term, one, jets))(x, fields)


def _slope(
    problem: Problem, term: Term, x: Float[Array, " coordinate"], fields: Float[Array, "channel field"]
) -> Float[Array, "channel field"]:
    which = required_channels(problem, term)
    return jax.grad(lambda jets: evaluation.residual(problem, term, x, Jet(which, jets)))(fields)


@functools.cache
def is_linear(problem: Problem, term: Term) -> bool:
    """Whether a term is affine in the fields: whether the program of its linearisation reads none of them.

    Read off the program, never by probing. What looks nonlinear and is not, such as $u^2/u$, counts as nonlinear: its
    limit is then drawn, and all draws are equal.
    """
    which = required_channels(problem, term)
    scalar = precision.DTYPES["float64"]
    x = jax.ShapeDtypeStruct((len(problem.coordinates),), scalar)
    fields = jax.ShapeDtypeStruct((len(which), len(problem.fields)), scalar)
    program = jax.make_jaxpr(functools.partial(_slope, problem, term))(x, fields)
    return not _depends(program, [False, True])[0]


def nonlinear_terms(problem: Problem) -> tuple[str, ...]:
    """The names of the terms that are not linear: where there is one, the limit of the kernel is random."""
    return tuple(name for name, term in problem.terms.items() if not is_linear(problem, term))


def _depends(program: ClosedJaxpr, inputs: list[bool]) -> list[bool]:
    """Which results of a program depend on the marked inputs."""
    marked: dict[Any, bool] = dict.fromkeys(program.jaxpr.constvars, False)
    marked |= zip(program.jaxpr.invars, inputs, strict=True)

    def mark(atom: Any) -> bool:
        return False if isinstance(atom, Literal) else marked[atom]

    for equation in program.jaxpr.eqns:
        before = [mark(atom) for atom in equation.invars]
        inner = equation.primitive is p.jit_p
        after = _depends(equation.params["jaxpr"], before) if inner else [any(before)] * len(equation.outvars)
        marked |= zip(equation.outvars, after, strict=True)
    return [mark(atom) for atom in program.jaxpr.outvars]


def of_linear(
    problem: Problem, term: Term, x: Float[np.ndarray, "row coordinate"]
) -> Float[Array, "row channel field"]:
    """The coefficients of a linear term."""
    which: Channels = required_channels(problem, term)
    return coefficients(problem, term, jnp.asarray(x), jnp.zeros((len(x), len(which), len(problem.fields))))
