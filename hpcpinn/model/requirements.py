"""Which derivatives a term needs, and which of them only together: found by calling it, never declared."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from hpcpinn import errors
from hpcpinn.model import ansatz, channels, collapse, dependence, precision
from hpcpinn.model.channels import Channels, MultiIndex
from hpcpinn.model.dependence import Read
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term


@functools.cache
def required_channels(problem: Problem, term: Term) -> Channels:
    """The fewest channels that a term can be evaluated from: those that it reads only together are one.

    Raises:
        ProblemError: the term cannot be evaluated, or does not return one real number.
    """
    which = derivative_channels(problem, term)
    candidates = collapse.maximal(which)
    if len(candidates) == 1:
        return which
    reads = sorted(_reads(problem, term))
    return collapse.collapsed(which, dependence.directions(problem, term, reads, candidates))


def derivative_channels(problem: Problem, term: Term) -> Channels:
    """The down-closed set of the derivatives that a term reads, each with a channel of its own.

    Raises:
        ProblemError: the term cannot be evaluated, or does not return one real number.
    """
    return channels.closure({index for _, index in _reads(problem, term)}, len(problem.coordinates))


def read_channels(problem: Problem, term: Term) -> tuple[int, ...]:
    r"""The positions of the required channels whose values in the network's outputs the term depends on.

    A hard ansatz reads all of them: every derivative of $h(x, u)$ contains all lower ones of $u$.

    Raises:
        ProblemError: the term cannot be evaluated, or does not return one real number.
    """
    which = required_channels(problem, term)
    if ansatz.rewrites(problem):
        return tuple(range(len(which)))
    read = {index for _, index in _reads(problem, term)}
    return tuple(k for k, index in enumerate(which.indices) if index in read)


@functools.cache
def _reads(problem: Problem, term: Term) -> frozenset[Read]:
    """Every field and multi-index that a term reads, found by an abstract call without any device."""
    asked: set[Read] = set()
    scalar = jax.ShapeDtypeStruct((), precision.DTYPES["float64"])
    abstract = [scalar] * len(problem.coordinates)
    try:
        result = jax.eval_shape(lambda *x: _record(problem, term, asked, x), *abstract)
    except errors.HpcpinnError:
        raise
    except Exception as error:  # whatever a user's term may raise
        raise errors.ProblemError(
            f"term `{term.name}` of problem `{type(problem).__name__}` cannot be evaluated ({first_line(error)}); "
            f"allowed: jax.numpy expressions of `p`, `f` and `self`. Correct the method `{term.name}`."
        ) from error
    _check_result(problem, term, result)
    return frozenset(asked)


def all_channels(problem: Problem) -> dict[str, Channels]:
    """The channels of every term, in the order of the terms."""
    return {name: required_channels(problem, term) for name, term in problem.terms.items()}


def _record(problem: Problem, term: Term, asked: set[Read], x: tuple[Any, ...]) -> Any:
    def read(field: int, index: MultiIndex) -> Any:
        asked.add((field, index))
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


def first_line(error: Exception) -> str:
    """An exception in one line."""
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
