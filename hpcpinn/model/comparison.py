"""What of a solution is compared with the known one: the fields, or what the problem's `compared` makes of them."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn import errors
from hpcpinn.model import ansatz, evaluation, jet, precision, requirements
from hpcpinn.model.channels import Channels, closure
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term


def is_known(problem: Problem) -> bool:
    """Whether there is an exact or a reference solution, so that an error can be measured."""
    return problem.exact is not None or problem.reference is not None


def names(problem: Problem) -> tuple[str, ...]:
    """Names of what is compared, in the order in which the problem says them.

    Raises:
        ProblemError: `compared` cannot be evaluated.
    """
    return problem.fields if problem.compared is None else tuple(_terms(problem))


def channels(problem: Problem) -> Channels:
    """The derivative channels that are pushed through the network for all that is compared.

    Raises:
        ProblemError: `compared` cannot be evaluated.
    """
    if problem.compared is None:
        return closure([], len(problem.coordinates))
    return requirements.derivative_channels(problem, _together(problem))


def solution(
    problem: Problem, network: Network, params: Params, x: Float[Array, "row coordinate"]
) -> Float[Array, "row quantity"]:
    """What is compared, of a network at many points, boundary ansatz included."""
    if problem.compared is None:
        return evaluation.solution(problem, network, params, x)
    outputs = network.forward(network.affine(params), network.inputs(channels(problem), x))

    def at(one: Float[Array, " coordinate"], jets: Jet) -> Float[Array, " quantity"]:
        return jnp.stack([evaluation.residual(problem, term, one, jets) for term in _terms(problem).values()])

    return jax.vmap(at, in_axes=(0, jet.ROW_AXIS))(x, outputs)


def exact(problem: Problem, x: Float[Array, "row coordinate"]) -> Float[Array, "row quantity"]:
    """What is compared, of the exact fields at many points; the problem must have an exact solution."""
    if problem.compared is None:
        return evaluation.exact(problem, x)
    return jax.vmap(lambda one: jnp.stack([_of_exact(problem, term, one) for term in _terms(problem).values()]))(x)


def _of_exact(problem: Problem, term: Term, x: Float[Array, " coordinate"]) -> Float[Array, ""]:
    def fields(y: Float[Array, " coordinate"]) -> Float[Array, " field"]:
        return evaluation.exact(problem, y[None])[0]

    read = Fields(problem.fields, tuple(problem.coordinates), lambda k, index: ansatz.derivative(fields, index)(x)[k])
    return jnp.asarray(term.evaluate(problem, evaluation.point(problem, x), read))


@functools.cache
def _terms(problem: Problem) -> dict[str, Term]:
    """A term for each quantity, which is evaluated as those of the equations are."""
    return {name: _term(functools.partial(_one, name)) for name in _asked(problem)}


@functools.cache
def _together(problem: Problem) -> Term:
    """A term that reads what all quantities read."""
    return _term(lambda problem, p, f: sum(_one(name, problem, p, f) for name in _terms(problem)))


def _term(evaluate: Callable[..., Any]) -> Term:
    return Term("compared", evaluate, ())


def _one(name: str, problem: Problem, p: Point, f: Fields) -> Any:
    assert problem.compared is not None
    return problem.compared(p, f)[name]


def _asked(problem: Problem) -> tuple[str, ...]:
    """The names in the dict that `compared` returns, found by an abstract call without any device."""
    found: list[Any] = []

    def call(x: Array) -> None:
        fields = Fields(problem.fields, tuple(problem.coordinates), lambda *_: jnp.ones_like(x[0]))
        assert problem.compared is not None
        found.append(problem.compared(evaluation.point(problem, x), fields))

    try:
        jax.eval_shape(call, jax.ShapeDtypeStruct((len(problem.coordinates),), precision.DTYPES["float64"]))
    except errors.HpcpinnError:
        raise
    except Exception as error:  # whatever a user's method may raise
        raise _refused(problem, f"cannot be evaluated ({requirements.first_line(error)})") from error
    (result,) = found
    if not isinstance(result, dict) or not result:
        raise _refused(problem, "returns {}" if isinstance(result, dict) else f"returns a {type(result).__name__}")
    return tuple(map(str, result))


def _refused(problem: Problem, what: str) -> errors.ProblemError:
    return errors.ProblemError(
        f"`compared` of problem `{type(problem).__name__}` {what}; allowed: a dict of jax.numpy expressions of `p`, "
        f'`f` and `self` by name. Write return {{"{problem.fields[0]}": f.{problem.fields[0]}}}.'
    )
