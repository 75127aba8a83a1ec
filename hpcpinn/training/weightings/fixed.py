"""Multipliers that stay: one number for every term."""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Batch, Objective


@dataclass(frozen=True)
class Fixed:
    """One multiplier for every term.

    Attributes:
        of_terms: multipliers by term; 1 for those that are not named.
    """

    of_terms: tuple[tuple[str, float], ...] = ()

    def begin(self, objective: Objective, x: Batch) -> tuple[()]:
        """Nothing."""
        return ()

    def renew(
        self, objective: Objective, params: Params, x: Batch, memory: tuple[()], step: Int[Array, ""]
    ) -> tuple[()]:
        """Nothing."""
        return ()

    def multipliers(self, objective: Objective, x: Batch, memory: tuple[()]) -> Float[Array, " row"]:
        """Those of the terms."""
        return objective.spread(x, self.by_term(objective))

    def by_term(self, objective: Objective) -> Float[Array, " term"]:
        """The multiplier of every term."""
        given = dict(self.of_terms)
        return jnp.asarray([given.get(name, 1.0) for name in objective.terms], "float64")


NONE = Fixed()
