r"""Multipliers of terms that are measured every k steps and follow: $m \leftarrow (1 - a) m + a \hat m$."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

_OfTerms = Float[Array, " term"]


@dataclass(frozen=True)
class Average:
    """When multipliers are measured, and how far they follow.

    Attributes:
        every: steps between two measurements; the first is made before the first step.
        share: $a$ of what is measured; 1 for no average.
    """

    every: int
    share: float = 1.0

    def renew(self, memory: _OfTerms, step: Int[Array, ""], measure: Callable[[], _OfTerms]) -> _OfTerms:
        """The multipliers of the step that follows so many steps.

        Networks side by side share the step: `vmap` then leaves the condition one, and nothing is measured in between.
        """
        due = step % self.every == 0
        return jax.lax.cond(due, lambda: (1 - self.share) * memory + self.share * measure(), lambda: memory)


def ones(terms: int) -> _OfTerms:
    """Multipliers before anything is measured."""
    return jnp.ones(terms, "float64")
