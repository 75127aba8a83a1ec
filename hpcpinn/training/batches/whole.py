"""All points of the study in every step."""

from dataclasses import dataclass

from jaxtyping import Array, Int

from hpcpinn.model.problem import Problem
from hpcpinn.training.batches.batches import Seed
from hpcpinn.training.objective import Batch


@dataclass(frozen=True)
class Whole:
    """The full batch."""

    def draw(self, problem: Problem, x: Batch, seed: Seed, step: Int[Array, ""]) -> Batch:
        """The points as they are."""
        return x


WHOLE = Whole()
