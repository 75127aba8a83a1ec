r"""Weights from the kernel: terms that learn slowly count for more (Wang, Yu and Perdikaris, arXiv 2007.14527, sec. 6).

$$m_t = \operatorname{tr} K / \operatorname{tr} K_{tt}$$

of the unweighted residuals, eq. 6.5 f. and the released code, which has as many rows in every block and no average.
With unequal numbers of rows traces favour short terms; later practice (jaxpi, arXiv 2308.08468) takes mean diagonals,
$m_t = \sum_s \bar K_{ss} / \bar K_{tt}$, and a moving average. Only the diagonal of the kernel is computed.
"""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.kernel import traced
from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Batch, Objective
from hpcpinn.training.weightings import average
from hpcpinn.training.weightings.average import Average


@dataclass(frozen=True)
class NTK:
    """Multipliers in proportion to the reciprocal traces, or mean diagonals, of the blocks of the kernel.

    Attributes:
        average: when they are measured, and how far they follow.
        measure: `"trace"` or `"mean"`.
    """

    average: Average = Average(every=100)  # noqa: RUF009  (immutable)
    measure: Literal["trace", "mean"] = "trace"

    def begin(self, objective: Objective, x: Batch) -> Float[Array, " term"]:
        """Ones."""
        return average.ones(len(objective.terms))

    def renew(
        self, objective: Objective, params: Params, x: Batch, memory: Float[Array, " term"], step: Int[Array, ""]
    ) -> Float[Array, " term"]:
        """The multipliers, measured where that is due."""
        return self.average.renew(memory, step, lambda: self._measured(objective, params, x))

    def multipliers(self, objective: Objective, x: Batch, memory: Float[Array, " term"]) -> Float[Array, " row"]:
        """Those of the terms."""
        return objective.spread(x, memory)

    def _measured(self, objective: Objective, params: Params, x: Batch) -> Float[Array, " term"]:
        ordered = {name: x[name] for name in objective.terms}
        rows = objective.cut(x, traced.diagonal(objective.problem, objective.network, params, ordered))
        reduce = jnp.sum if self.measure == "trace" else jnp.mean
        sizes = jnp.stack([reduce(part) for part in rows])
        return jnp.sum(sizes) / sizes
