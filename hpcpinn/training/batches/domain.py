"""Points that are new: independent and uniform in the domain, or on the faces of a term, drawn anew every k steps."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from hpcpinn.model.problem import Problem
from hpcpinn.model.sampling.domain import boxes
from hpcpinn.training.batches.batches import Seed, key_of
from hpcpinn.training.objective import Batch


@dataclass(frozen=True)
class FromDomain:
    """Uniform points for every term that is named; the faces of a term share them evenly.

    Attributes:
        rows: how many, by term; the others keep the points of the study.
        every: steps between two draws.
    """

    rows: tuple[tuple[str, int], ...]
    every: int = 1

    def draw(self, problem: Problem, x: Batch, seed: Seed, step: Int[Array, ""]) -> Batch:
        """The points of one step."""
        found, terms = dict(x), list(problem.terms)
        for name, rows in self.rows:
            low, extent = boxes(problem.coordinates, problem.terms[name], rows)
            key = key_of(seed, step // self.every, terms.index(name))
            unit = jax.random.uniform(key, low.shape, low.dtype)
            found[name] = jnp.asarray(low) + extent * unit
        return found
