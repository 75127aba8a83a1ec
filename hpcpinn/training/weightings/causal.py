r"""Causal weights: later times count when earlier ones are learnt (Wang, Sankaran and Perdikaris, arXiv 2203.07404).

The interval of one coordinate, time, is cut into M slices of equal length, and

$$L_k = \sum_t \operatorname{mean}_i r_{ti}^2, \qquad w_k = \exp\Bigl(-\varepsilon \sum_{j<k} L_j\Bigr)$$

with the terms t of the interior and their rows i in slice k; a slice without rows has $L_k = 0$. A row of the interior
in slice k has the multiplier $w_k$, every other row 1 (sec. 3, eqs. 3.1 to 3.3, where all rows are at M times; slices
are those of the same authors' arXiv 2308.08468). In `loss = "mean"` the interior counts as in the paper,
$\frac1M \sum_k w_k L_k$, where slices have equally many rows. $\varepsilon$ is stepped through a list: where
$\min_k w_k > \delta$ the next step has the next one (algorithm 1); the last one stays, where the paper stops.

Text and released code disagree. Squared residuals of several equations are summed, as in the code, which gives them
their factors in the loss: `[weights]` do not enter $L_k$ here. In the code for Kuramoto-Sivashinsky and Navier-Stokes
every exponent has the loss of the initial condition too, for Allen-Cahn and Lorenz none has. The code looks at $\delta$
every 1000 steps, and leaves an $\varepsilon$ after so many steps in any case. Its authors say there that the algorithm
is protected by a patent of the University of Pennsylvania and not free for commercial purposes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.model.problem import Problem
from hpcpinn.training.objective import Batch, Objective


class Progress(NamedTuple):
    r"""How far a run has come.

    Attributes:
        stage: which $\varepsilon$ the next step has.
        weights: $w_k$ of the last step, ones before the first.
    """

    stage: Int[Array, ""]
    weights: Float[Array, " slice"]


@dataclass(frozen=True)
class Causal:
    r"""A weight for every slice of time, from the residuals before it; points may change from step to step.

    Attributes:
        slices: M.
        coordinate: the name of time.
        causality: the list of $\varepsilon$, increasing.
        threshold: $\delta$.
    """

    slices: int = 32
    coordinate: str = "t"
    causality: tuple[float, ...] = (1e-2, 1e-1, 1.0, 10.0, 100.0)
    threshold: float = 0.99

    def begin(self, objective: Objective, x: Batch) -> Progress:
        r"""The first $\varepsilon$, and ones."""
        return Progress(jnp.zeros((), "int64"), jnp.ones(self.slices, "float64"))

    def renew(self, objective: Objective, params: Params, x: Batch, memory: Progress, step: Int[Array, ""]) -> Progress:
        r"""The weights of this step, and $\varepsilon$ of the next."""
        losses = self._losses(objective, params, x)
        earlier = jnp.concatenate([jnp.zeros(1), jnp.cumsum(losses)[:-1]])
        weights = jnp.exp(-jnp.asarray(self.causality)[memory.stage] * earlier)
        following = memory.stage + (jnp.min(weights) > self.threshold)
        return Progress(jnp.minimum(following, len(self.causality) - 1), weights)

    def multipliers(self, objective: Objective, x: Batch, memory: Progress) -> Float[Array, " row"]:
        """Those of the slices in the interior, and ones."""
        parts = [
            memory.weights[self._places(objective.problem, x[name])]
            if _is_inside(objective, name)
            else jnp.ones(len(x[name]), "float64")
            for name in objective.terms
        ]
        return jnp.concatenate(parts)

    def _losses(self, objective: Objective, params: Params, x: Batch) -> Float[Array, " slice"]:
        """$L_k$."""
        found = jnp.zeros(self.slices)
        for name, residuals in zip(objective.terms, objective.values(params, x), strict=True):
            if _is_inside(objective, name):
                found += self._means(residuals**2, self._places(objective.problem, x[name]))
        return found

    def _means(self, rows: Float[Array, " row"], places: Int[Array, " row"]) -> Float[Array, " slice"]:
        """The mean over the rows of every slice, 0 of none."""
        own = places == jnp.arange(self.slices)[:, None]
        return jnp.sum(jnp.where(own, rows, 0.0), axis=1) / jnp.maximum(jnp.sum(own, axis=1), 1)

    def _places(self, problem: Problem, x: Float[Array, "row coordinate"]) -> Int[Array, " row"]:
        """The slice of every row; a row between two is in the later one."""
        inner = np.linspace(*problem.coordinates[self.coordinate], self.slices + 1)[1:-1]
        return jnp.searchsorted(inner, x[:, list(problem.coordinates).index(self.coordinate)], side="right")


def _is_inside(objective: Objective, name: str) -> bool:
    return not objective.problem.terms[name].faces
