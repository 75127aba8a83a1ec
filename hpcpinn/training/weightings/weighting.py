"""What a weighting is: multipliers of the rows, from what it remembers, renewed before a step."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Batch, Objective


@runtime_checkable
class Weighting(Protocol):
    """A rule without state of its own: what it has to remember is a tree of arrays, which is saved with a run."""

    def begin(self, objective: Objective, x: Batch) -> Any:
        """What it remembers before the first step."""
        ...

    def renew(self, objective: Objective, params: Params, x: Batch, memory: Any, step: Int[Array, ""]) -> Any:
        """What it remembers in the step that follows `step` steps."""
        ...

    def multipliers(self, objective: Objective, x: Batch, memory: Any) -> Float[Array, " row"]:
        r"""$m_i \geq 0$ of every row."""
        ...
