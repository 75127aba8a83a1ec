"""Some of the points of the study, without replacement, drawn anew every k steps."""

from dataclasses import dataclass

import jax
from jaxtyping import Array, Int

from hpcpinn.model.problem import Problem
from hpcpinn.training.batches.batches import Seed, key_of
from hpcpinn.training.objective import Batch


@dataclass(frozen=True)
class FromPoints:
    """A subset of the points of every term that is named, every subset being as likely as any other.

    Attributes:
        rows: how many, by term; the others take all of their points.
        every: steps between two draws.
    """

    rows: tuple[tuple[str, int], ...]
    every: int = 1

    def draw(self, problem: Problem, x: Batch, seed: Seed, step: Int[Array, ""]) -> Batch:
        """The rows of one step."""
        found, terms = dict(x), list(problem.terms)
        for name, rows in self.rows:
            key = key_of(seed, step // self.every, terms.index(name))
            found[name] = jax.random.choice(key, x[name], (rows,), replace=False)
        return found
