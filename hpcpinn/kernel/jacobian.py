r"""The explicit Jacobian: slow, obvious, and the oracle of the structured kernel.

Nothing here knows of jets, factors or tiles: derivatives of the fields are nested `jax.jvp` of `network.apply`, the
Jacobian is `jax.jacrev` over all parameters, and the kernel is $K = J J^\top$.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.model import ansatz, evaluation, precision
from hpcpinn.model.channels import MultiIndex
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.point import Fields
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term

_Map = Callable[[Float[Array, " coordinate"]], Float[Array, " field"]]


def ntk(problem: Problem, network: Network, params: Params, points: Points) -> Float[Array, "row row"]:
    r"""The kernel $J J^\top$ of all terms at all their points; its memory grows with rows times parameters."""
    x = {name: jnp.asarray(points[name]) for name in problem.terms}
    rows = jax.tree.leaves(_jacobian(problem, network, params, x))
    jacobian = jnp.concatenate([leaf.reshape(leaf.shape[0], -1) for leaf in rows], axis=1)
    return jnp.matmul(jacobian, jacobian.T, precision=precision.MATMUL)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _jacobian(problem: Problem, network: Network, params: Params, x: Mapping[str, Array]) -> Any:
    def rows(theta: Params) -> Float[Array, " row"]:
        return jnp.concatenate([_rows(problem, term, network, theta, x[name]) for name, term in problem.terms.items()])

    return jax.jacrev(rows)(params)


def _rows(
    problem: Problem, term: Term, network: Network, params: Params, x: Float[Array, "row coordinate"]
) -> Float[Array, " row"]:
    return jax.vmap(lambda one: residual(problem, term, network, params, one))(x)


def residual(
    problem: Problem, term: Term, network: Network, params: Params, x: Float[Array, " coordinate"]
) -> Float[Array, ""]:
    """One row by nested automatic differentiation of the plain forward pass."""

    def solution(y: Float[Array, " coordinate"]) -> Float[Array, " field"]:
        values = network.apply(params, y)
        return values if problem.hard is None else ansatz.apply(problem, values, y)

    def read(field: int, index: MultiIndex) -> Array:
        derivative = solution
        for k, power in enumerate(index):
            for _ in range(power):
                derivative = _along(derivative, k)
        return derivative(x)[field]

    fields = Fields(problem.fields, tuple(problem.coordinates), read)
    return jnp.asarray(term.evaluate(problem, evaluation.point(problem, x), fields))


def _along(function: _Map, coordinate: int) -> _Map:
    def slope(x: Float[Array, " coordinate"]) -> Float[Array, " field"]:
        return jax.jvp(function, (x,), (jnp.zeros_like(x).at[coordinate].set(1),))[1]

    return slope
