r"""Accuracy against the exact or reference solution: $\|u - u^*\|_2 / \|u^*\|_2$ over a grid, ends included.

What is compared is all fields, or what the problem's `compared` makes of them.

The grid has 4096 points (1-D: 4096, 2-D: 64 x 64, 3-D: 16 x 16 x 16) unless the study says otherwise, and as many along
every coordinate.
"""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.model import comparison
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.reference.solution import Solution

COMPARED = 4096
_BLOCK = 512


def relative_l2(problem: Problem, network: Network, params: Params, solution: Solution | None = None) -> float:
    """The relative error of a network, boundary ansatz included; see `reference` for the solution."""
    return float(_relative_l2(Error(problem, network), reference(problem, COMPARED, solution), params))


_Reference = tuple[Float[Array, "point coordinate"], Float[Array, "point quantity"]]


@dataclass(frozen=True)
class Error:
    """The relative error, to be mapped over networks: the reference is shared, parameters are a network's own."""

    problem: Problem
    network: Network

    def __call__(self, known: _Reference, params: Params) -> Float[Array, ""]:
        """The relative error; points are evaluated in blocks, so that memory does not grow with their number."""
        x, values = known
        dtype = params["output"]["weight"].dtype

        def at(one: Float[Array, " coordinate"]) -> Float[Array, " quantity"]:
            return comparison.solution(self.problem, self.network, params, one[None])[0]

        found = jax.lax.map(at, x.astype(dtype), batch_size=_BLOCK)
        return jnp.linalg.norm(found - values) / jnp.linalg.norm(values)


_relative_l2 = functools.partial(jax.jit, static_argnums=0)(lambda error, known, params: error(known, params))


@functools.lru_cache(maxsize=8)
def reference(problem: Problem, points: int, solution: Solution | None = None) -> _Reference:
    """The points at which solutions are compared, about so many, and the values there.

    Args:
        problem: the problem.
        points: about how many points.
        solution: the reference solution of a problem without an exact one.
    """
    x = grid(problem, points)
    if solution is None:
        return jnp.asarray(x), jax.jit(comparison.exact, static_argnums=0)(problem, jnp.asarray(x))
    values = solution.at(x)
    return jnp.asarray(x), jnp.stack([jnp.asarray(values[name]) for name in comparison.names(problem)], axis=1)


def grid(problem: Problem, points: int) -> Float[np.ndarray, "point coordinate"]:
    """About so many points at which solutions are compared: a whole number along every coordinate, two at least."""
    side = max(2, round(points ** (1 / len(problem.coordinates))))
    axes = [np.linspace(low, high, side) for low, high in problem.coordinates.values()]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
