r"""Residual-based attention: rows that stay large count for more (Anagnostopoulos et al., arXiv 2307.00379).

$$\lambda_i \leftarrow \gamma \lambda_i + \eta\, |r_i| / \max_j |r_j|$$

before every step, the largest row being that of the same term. The loss has $(\lambda_i r_i)^2$, as in the released
code: the multiplier of a row is $\lambda_i^2$. Weights stay below $\eta / (1 - \gamma)$, if they begin there. Variants
of the code: a first step with $\eta = 1$, and $(|r_i| - \min)/(\max - \min)$ in place of $|r_i| / \max$.
"""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Batch, Objective


@dataclass(frozen=True)
class ResidualAttention:
    r"""A weight for every row that remembers its residuals.

    Attributes:
        memory: $\gamma$.
        rate: $\eta$.
        initial: $\lambda_i$ before the first step.
        scale: of residuals: over the largest of the term, `"max"`, or from the smallest to the largest, `"min_max"`.
        whole_first: whether $\eta = 1$ at the first step.
        terms: which terms have weights: those of the `"interior"`, or `"all"`.
    """

    memory: float = 0.999
    rate: float = 0.01
    initial: float = 0.0
    scale: Literal["max", "min_max"] = "max"
    whole_first: bool = False
    terms: Literal["interior", "all"] = "interior"

    def begin(self, objective: Objective, x: Batch) -> Float[Array, " row"]:
        """The same for all rows."""
        parts = [self._start(objective, name, len(x[name])) for name in objective.terms]
        return jnp.concatenate(parts)

    def renew(
        self, objective: Objective, params: Params, x: Batch, memory: Float[Array, " row"], step: Int[Array, ""]
    ) -> Float[Array, " row"]:
        """The weights after one more look at the residuals."""
        rate = jnp.where(step == 0, 1.0, self.rate) if self.whole_first else self.rate
        found = []
        parts = zip(objective.terms, objective.values(params, x), objective.cut(x, memory), strict=True)
        for name, residuals, weights in parts:
            new = self.memory * weights + rate * self._scaled(jnp.abs(residuals))
            found.append(new if self._has(objective, name) else weights)
        return jnp.concatenate(found)

    def multipliers(self, objective: Objective, x: Batch, memory: Float[Array, " row"]) -> Float[Array, " row"]:
        r"""$\lambda_i^2$."""
        return memory**2

    def _start(self, objective: Objective, name: str, rows: int) -> Float[Array, "_row"]:
        return jnp.full(rows, self.initial if self._has(objective, name) else 1.0, "float64")

    def _has(self, objective: Objective, name: str) -> bool:
        return self.terms == "all" or not objective.problem.terms[name].faces

    def _scaled(self, sizes: Float[Array, "_row"]) -> Float[Array, "_row"]:
        low = jnp.min(sizes) if self.scale == "min_max" else 0.0
        width = jnp.max(sizes) - low
        return jnp.where(width > 0, (sizes - low) / jnp.where(width > 0, width, 1.0), 0.0)
