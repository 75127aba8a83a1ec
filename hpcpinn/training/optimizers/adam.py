r"""Adam, $\theta \leftarrow \theta - \eta_k\, \hat m / (\sqrt{\hat v} + \epsilon)$ (Kingma and Ba, arXiv 1412.6980).

By optax.
"""

from dataclasses import dataclass
from typing import Any

import jax
import optax
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss
from hpcpinn.training.schedules import STEADY, Decay


@dataclass(frozen=True)
class Adam:
    r"""Adam with bias-corrected moments.

    Attributes:
        b1: decay of the mean of gradients, $\beta_1$.
        b2: decay of the mean of their squares, $\beta_2$.
        eps: $\epsilon$, beside the root.
        decay: of the learning rate.
    """

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8
    decay: Decay = STEADY

    @property
    def _rule(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(self.b1, self.b2, self.eps)

    def begin(self, loss: Loss, params: Params) -> Any:
        """Moments of zero."""
        return self._rule.init(params)

    def step(
        self, loss: Loss, params: Params, memory: Any, rate: Float[Array, ""], step: Int[Array, ""]
    ) -> tuple[Params, Any]:
        """One step."""
        updates, memory = self._rule.update(jax.grad(loss)(params), memory)
        eta = rate * self.decay(step)
        return jax.tree.map(lambda leaf, update: leaf - eta * update, params, updates), memory

    def report(self, memory: Any) -> dict[str, Array]:
        """Nothing."""
        return {}
