"""Which derivatives a term needs: found by calling it, never declared."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from hpcpinn import errors
from hpcpinn.model import channels, precision
from hpcpinn.model.channels import Channels, MultiIndex
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term


@functools.cache
def required_channels(problem: Problem, term: Term) -> Channels:
    """The down-closed set of the derivatives that a term reads, found by an abstract call without any device.

    Raises:
        ProblemError: the term cannot be evaluated, or does not return one real number.
    """
    asked: set[MultiIndex] = set()
    scalar = jax.ShapeDtypeStruct((), precision.DTYPES["float64"])
    abstract = [scalar] * len(problem.coordinates)
    try:
        result = jax.eval_shape(lambda *x: _record(problem, term, asked, x), *abstract)
    except errors.HpcpinnError:
        raise
    except Exception as error:  # whatever a user's term may raise
        raise errors.ProblemError(
            f"term `{term.name}` of problem `{type(problem).__name__}` cannot be evaluated ({_first_line(error)}); "
            f"allowed: jax.numpy expressions of `p`, `f` and `self`. Correct the method `{term.name}`."
        ) from error
    _check_result(problem, term, result)
    return channels.closure(asked, len(problem.coordinates))


def all_channels(problem: Problem) -> dict[str, Channels]:
    """The channels of every term, in the order of the terms."""
    return {name: required_channels(problem, term) for name, term in problem.terms.items()}


def _record(problem: Problem, term: Term, asked: set[MultiIndex], x: tuple[Any, ...]) -> Any:
    def read(field: int, index: MultiIndex) -> Any:
        asked.add(index)
        return jnp.ones_like(x[0])

    coordinates = tuple(problem.coordinates)
    fields = Fields(problem.fields, coordinates, read)
    return term.evaluate(problem, Point(dict(zip(coordinates, x, strict=True))), fields)


def _check_result(problem: Problem, term: Term, result: Any) -> None:
    where = f"term `{term.name}` of problem `{type(problem).__name__}` returns"
    allowed = "allowed: one real number per point. Write one term (one decorated method) per equation."
    if not isinstance(result, jax.ShapeDtypeStruct):
        raise errors.ProblemError(f"{where} a {type(result).__name__}; {allowed}")
    if result.shape != () or not jnp.issubdtype(result.dtype, jnp.floating):
        raise errors.ProblemError(f"{where} an array of shape {result.shape} and type {result.dtype}; {allowed}")


def _first_line(error: Exception) -> str:
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
