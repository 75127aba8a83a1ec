r"""L-BFGS with a line search that satisfies the strong Wolfe conditions (Nocedal and Wright, algorithms 7.4 and 3.5).

By optax. The learning rate has no part in it: a step begins with length 1, and the line search decides. The loss of a
step is that of its own batch and multipliers: with points or weights that change between steps the pairs it remembers
belong to other losses, and it is refused (`study.configuration`).
"""

from dataclasses import dataclass
from typing import Any

import jax
import optax
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS.

    Attributes:
        memory: pairs of steps and gradient differences that are kept.
        searches: evaluations of the loss in one line search at most.
    """

    memory: int = 10
    searches: int = 20

    @property
    def _rule(self) -> optax.GradientTransformationExtraArgs:
        search = optax.scale_by_zoom_linesearch(max_linesearch_steps=self.searches, initial_guess_strategy="one")
        return optax.lbfgs(memory_size=self.memory, linesearch=search)

    def begin(self, loss: Loss, params: Params) -> Any:
        """No pairs."""
        return self._rule.init(params)

    def step(
        self, loss: Loss, params: Params, memory: Any, rate: Float[Array, ""], step: Int[Array, ""]
    ) -> tuple[Params, Any]:
        """One step; the value and the slope at its start are those found by the line search before."""
        value, slope = optax.value_and_grad_from_state(loss)(params, state=memory)
        updates, memory = self._rule.update(slope, memory, params, value=value, grad=slope, value_fn=loss)
        return jax.tree.map(lambda leaf, update: leaf + update, params, updates), memory

    def report(self, memory: Any) -> dict[str, Array]:
        """Nothing."""
        return {}
