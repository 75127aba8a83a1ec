r"""Accuracy against the exact solution: $\|u - u^*\|_2 / \|u^*\|_2$ over a grid and all fields, ends included.

The grid has 4096 points (1-D: 4096, 2-D: 64 x 64, 3-D: 16 x 16 x 16) unless the study says otherwise, and as many along
every coordinate.
"""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.model import evaluation
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem

COMPARED = 4096
_BLOCK = 512


def relative_l2(problem: Problem, network: Network, params: Params) -> float:
    """The relative error of the network's fields, boundary ansatz included; the problem must have an exact solution."""
    return float(_relative_l2(Error(problem, network), reference(problem, COMPARED), params))


_Reference = tuple[Float[Array, "point coordinate"], Float[Array, "point field"]]


@dataclass(frozen=True)
class Error:
    """The relative error, to be mapped over networks: the reference is shared, parameters are a network's own."""

    problem: Problem
    network: Network

    def __call__(self, exact: _Reference, params: Params) -> Float[Array, ""]:
        """The relative error; points are evaluated in blocks, so that memory does not grow with their number."""
        x, values = exact
        dtype = params["output"]["weight"].dtype

        def at(one: Float[Array, " coordinate"]) -> Float[Array, " field"]:
            return evaluation.solution(self.problem, self.network, params, one[None])[0]

        found = jax.lax.map(at, x.astype(dtype), batch_size=_BLOCK)
        return jnp.linalg.norm(found - values) / jnp.linalg.norm(values)


_relative_l2 = functools.partial(jax.jit, static_argnums=0)(lambda error, exact, params: error(exact, params))


@functools.lru_cache(maxsize=8)
def reference(problem: Problem, points: int) -> tuple[Float[Array, "point coordinate"], Float[Array, "point field"]]:
    """The points at which solutions are compared, about so many, and the exact solution there; it must exist."""
    x = jnp.asarray(grid(problem, points))
    return x, jax.jit(evaluation.exact, static_argnums=0)(problem, x)


def grid(problem: Problem, points: int) -> Float[np.ndarray, "point coordinate"]:
    """About so many points at which solutions are compared: a whole number along every coordinate, two at least."""
    side = max(2, round(points ** (1 / len(problem.coordinates))))
    axes = [np.linspace(low, high, side) for low, high in problem.coordinates.values()]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
