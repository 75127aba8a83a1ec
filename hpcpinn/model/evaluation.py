r"""The terms of a problem, evaluated from the jets of the network's fields."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.model import ansatz, channels, jet
from hpcpinn.model.channels import MultiIndex
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Linear, Network, Params
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.requirements import required_channels
from hpcpinn.model.terms import Term


def residuals(
    problem: Problem, term: Term, network: Network, linear: Linear, x: Float[Array, "row coordinate"]
) -> Float[Array, " row"]:
    r"""$r_i = F(x_i, (\partial^\alpha u)(x_i))$ with the network's linear maps given, so that they can be tapped."""
    outputs = network.forward(linear, network.inputs(required_channels(problem, term), x))
    return jax.vmap(functools.partial(residual, problem, term), in_axes=(0, jet.ROW_AXIS))(x, outputs)


def residual(problem: Problem, term: Term, x: Float[Array, " coordinate"], outputs: Jet) -> Float[Array, ""]:
    """One row from the jets of the network's outputs at its point, `outputs` of the shape (channel, field)."""
    return _evaluate(problem, term, ansatz.rewrite(problem, outputs, x), x)


def solution(
    problem: Problem, network: Network, params: Params, x: Float[Array, "row coordinate"]
) -> Float[Array, "row field"]:
    """The fields at many points, boundary ansatz included."""
    value_only = channels.closure([], x.shape[1])
    outputs = network.forward(network.affine(params), network.inputs(value_only, x))

    def at(one: Float[Array, " coordinate"], fields: Jet) -> Float[Array, " field"]:
        return ansatz.rewrite(problem, fields, one).value

    return jax.vmap(at, in_axes=(0, jet.ROW_AXIS))(x, outputs)


def exact(problem: Problem, x: Float[Array, "row coordinate"]) -> Float[Array, "row field"]:
    """The exact fields at many points; the problem must have an exact solution."""
    return jax.vmap(lambda one: ansatz.by_field(problem, _exact_at(problem, one), None))(x)


def _exact_at(problem: Problem, x: Float[Array, " coordinate"]) -> Any:
    if problem.exact is None:
        raise ValueError(f"problem {type(problem).__name__} has no exact solution")
    return problem.exact(point(problem, x))


def point(problem: Problem, x: Float[Array, " coordinate"]) -> Point:
    """The coordinates by name."""
    return Point(dict(zip(problem.coordinates, x, strict=True)))


def _evaluate(problem: Problem, term: Term, outputs: Jet, x: Float[Array, " coordinate"]) -> Float[Array, ""]:
    def read(field: int, index: MultiIndex) -> Array:
        if index not in outputs.channels.indices:
            return jnp.zeros_like(outputs.value[field])  # carried by another channel, and read there
        position = outputs.channels.position(index)
        return channels.factorial(index) * outputs.coefficients[position, field]

    fields = Fields(problem.fields, tuple(problem.coordinates), read)
    return jnp.asarray(term.evaluate(problem, point(problem, x), fields))
