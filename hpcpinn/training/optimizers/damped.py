r"""The damped least-squares step $\delta = -(J^\top J + \mu I)^{-1} J^\top s$, in two ways.

In sample space, $\delta = -J^\top a$ with $(K + \mu I)\, a = s$ and $K = J J^\top$ from structured factors: $n^3/3$
operations for $n$ rows and no Jacobian, whatever the width. Then $s + J\delta = \mu a$. Without a matrix, by conjugate
gradients on the normal equations, each iteration one product with $J$ and one with $J^\top$: for rows that are too many
to factorise.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import jax.scipy.linalg as linalg
from jaxtyping import Array, Float

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss


class Step(NamedTuple):
    r"""A step and what the linear model says of it.

    Attributes:
        change: $\delta$.
        predicted: $|s|^2 - |s + J\delta|^2$.
    """

    change: Params
    predicted: Float[Array, ""]


Solve = Callable[[Float[Array, ""]], Step]


def in_sample_space(loss: Loss, params: Params, kernel: Float[Array, "row row"]) -> Solve:
    """The step for any damping, from the kernel of `loss`; not finite where the damped kernel is not positive."""
    start, pull = jax.vjp(loss.residuals, params)

    def solve(damping: Float[Array, ""]) -> Step:
        factor = jnp.linalg.cholesky(kernel + damping * jnp.eye(len(kernel)), symmetrize_input=False)
        solved = linalg.cho_solve((factor, True), start)
        (change,) = pull(-solved)
        left = damping * solved
        return Step(change, (start - left) @ (start + left))

    return solve


def by_conjugate_gradients(loss: Loss, params: Params, iterations: int, tolerance: float) -> Solve:
    """The step for any damping, by so many iterations or until the normal equations hold to a relative tolerance."""
    start, along = jax.linearize(loss.residuals, params)
    back = jax.linear_transpose(along, params)

    def solve(damping: Float[Array, ""]) -> Step:
        def product(change: Params) -> Params:
            (curved,) = back(along(change))
            return jax.tree.map(lambda one, other: one + damping * other, curved, change)

        (slope,) = back(-start)
        change, _ = jax.scipy.sparse.linalg.cg(product, slope, tol=tolerance, maxiter=iterations)
        moved = along(change)
        return Step(change, -moved @ (2 * start + moved))

    return solve
