"""What batches are: the points of one step, from random numbers that belong to a network and a step."""

from typing import Protocol, runtime_checkable

import jax
from jaxtyping import Array, Int, Key, UInt32

from hpcpinn.model.problem import Problem
from hpcpinn.training.objective import Batch

# The random numbers of a run, as `jax.random.key_data` writes a key.
Seed = UInt32[Array, " word"]


@runtime_checkable
class Batches(Protocol):
    """A rule without state: a step has the same points whatever was done before it, and after a restart."""

    def draw(self, problem: Problem, x: Batch, seed: Seed, step: Int[Array, ""]) -> Batch:
        """The points of every term in the step that follows `step` steps; `x` are those of the study."""
        ...


def key_of(seed: Seed, drawn: Int[Array, ""], term: int) -> Key[Array, ""]:
    """The random numbers of a term when points are drawn for this time, counted from 0."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.wrap_key_data(seed), drawn), term)
