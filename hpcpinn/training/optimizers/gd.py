r"""Gradient descent, $\theta \leftarrow \theta - \eta_k \nabla L(\theta)$."""

from dataclasses import dataclass

import jax
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss
from hpcpinn.training.schedules import STEADY, Decay


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent on the batch at hand.

    Attributes:
        decay: of the learning rate.
    """

    decay: Decay = STEADY

    def begin(self, loss: Loss, params: Params) -> tuple[()]:
        """Nothing."""
        return ()

    def step(
        self, loss: Loss, params: Params, memory: tuple[()], rate: Float[Array, ""], step: Int[Array, ""]
    ) -> tuple[Params, tuple[()]]:
        """One step down the slope."""
        eta = rate * self.decay(step)
        return jax.tree.map(lambda leaf, slope: leaf - eta * slope, params, jax.grad(loss)(params)), ()

    def report(self, memory: tuple[()]) -> dict[str, Array]:
        """Nothing."""
        return {}
