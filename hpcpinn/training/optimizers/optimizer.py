"""What an optimiser is: one step of the parameters, from the loss as it is at that step."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss


@runtime_checkable
class Optimizer(Protocol):
    """A rule without state of its own: what it has to remember is a tree of arrays, which is saved with a run."""

    def begin(self, loss: Loss, params: Params) -> Any:
        """What it remembers before the first step."""
        ...

    def step(
        self, loss: Loss, params: Params, memory: Any, rate: Float[Array, ""], step: Int[Array, ""]
    ) -> tuple[Params, Any]:
        """Parameters and memory after the step that follows `step` steps; not every rule has a learning rate."""
        ...

    def report(self, memory: Any) -> dict[str, Array]:
        """Numbers of the memory that are recorded, by their names in the store."""
        ...
