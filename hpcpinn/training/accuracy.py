r"""Accuracy against the exact solution: $\|u - u^*\|_2 / \|u^*\|_2$ over a fixed grid and all fields.

The grid has 4096 points (1-D: 4096, 2-D: 64 x 64, 3-D: 16 x 16 x 16), ends included, and does not depend on the study.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.model import evaluation
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem

_POINTS = 4096


def relative_l2(problem: Problem, network: Network, params: Params) -> float:
    """The relative error of the network's fields, boundary ansatz included; the problem must have an exact solution."""
    x, exact = reference(problem)
    return float(jnp.linalg.norm(_solution(problem, network, params, x) - exact) / jnp.linalg.norm(exact))


_solution = functools.partial(jax.jit, static_argnums=(0, 1))(evaluation.solution)


@functools.lru_cache(maxsize=8)
def reference(problem: Problem) -> tuple[Float[Array, "point coordinate"], Float[Array, "point field"]]:
    """The points at which solutions are compared, and the exact solution there; it must exist."""
    x = jnp.asarray(grid(problem))
    return x, jax.jit(evaluation.exact, static_argnums=0)(problem, x)


def grid(problem: Problem) -> Float[np.ndarray, "point coordinate"]:
    """The points at which solutions are compared."""
    side = round(_POINTS ** (1 / len(problem.coordinates)))
    axes = [np.linspace(low, high, side) for low, high in problem.coordinates.values()]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
