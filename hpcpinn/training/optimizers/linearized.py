r"""Gradient descent of the first-order model $s(\theta_0) + J_s(\theta_0)(\theta - \theta_0)$ of the residuals.

Lee, Xiao et al. 2019 (arXiv 1902.06720): for wide networks training follows it. The parameters that are recorded are
those of the model, put into the network itself. Renewed every k steps around where it is, the model follows training
of narrower networks too; with k = 1 it is gradient descent.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss
from hpcpinn.training.schedules import STEADY, Decay


@dataclass(frozen=True)
class LinearizedDescent:
    r"""Gradient descent of the linear model.

    Attributes:
        renewed: steps after which $\theta_0$ becomes $\theta$; None for never.
        decay: of the learning rate.
    """

    renewed: int | None = None
    decay: Decay = STEADY

    def begin(self, loss: Loss, params: Params) -> Params:
        r"""$\theta_0$: a tree of its own."""
        return jax.tree.map(jnp.array, params)

    def step(
        self, loss: Loss, params: Params, memory: Params, rate: Float[Array, ""], step: Int[Array, ""]
    ) -> tuple[Params, Params]:
        """One step of the model."""
        if self.renewed is not None:
            is_due = step % self.renewed == 0
            memory = jax.tree.map(lambda now, then: jnp.where(is_due, now, then), params, memory)
        moved = jax.tree.map(jnp.subtract, params, memory)
        start, along = jax.linearize(loss.residuals, memory)
        (slope,) = jax.linear_transpose(along, params)(2 * (start + along(moved)))
        eta = rate * self.decay(step)
        return jax.tree.map(lambda leaf, part: leaf - eta * part, params, slope), memory

    def report(self, memory: Params) -> dict[str, Array]:
        """Nothing."""
        return {}
