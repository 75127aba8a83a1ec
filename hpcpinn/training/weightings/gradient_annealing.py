r"""Learning-rate annealing: terms with small gradients count for more (Wang, Teng and Perdikaris, arXiv 2001.04536).

$$\hat m_t = \max|\nabla_\theta L_r| \,/\, \operatorname{mean}|\nabla_\theta L_t|$$

for every boundary term t, where $L_r$ is the loss of all interior terms, whose multiplier stays 1 (algorithm 1). Text
and released code disagree, by factors of 2 to 100: whether $L_t$ is that of the unweighted term (eq. 40) or already
multiplied by $m_t$ (all scripts, with the fixed point $\sqrt{\max/\operatorname{mean}}$); whether the mean is over all
parameters or of the means of layers (code), or the largest ratio of a layer is taken (code for the cavity); whether
biases count (not in the code); and the share a of what is measured, 0.9 in the first version of the text, 0.1 in the
code and in the published version.
"""

from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Batch, Objective
from hpcpinn.training.weightings import average
from hpcpinn.training.weightings.average import Average

_Leaves = list[Float[Array, "..."]]


@dataclass(frozen=True)
class GradientAnnealing:
    """Multipliers of boundary terms from the size of gradients.

    Attributes:
        average: when they are measured, and how far they follow.
        mean: of the denominator: over all parameters, `"parameters"`; of the means of layers, `"layers"`; the largest
            ratio of a layer, `"largest_layer"`.
        denominator: the gradient of the `"unweighted"` or of the `"weighted"` term.
        biases: whether they count.
    """

    average: Average = Average(every=10, share=0.9)  # noqa: RUF009  (immutable)
    mean: Literal["parameters", "layers", "largest_layer"] = "parameters"
    denominator: Literal["unweighted", "weighted"] = "unweighted"
    biases: bool = True

    def begin(self, objective: Objective, x: Batch) -> Float[Array, " term"]:
        """Ones."""
        return average.ones(len(objective.terms))

    def renew(
        self, objective: Objective, params: Params, x: Batch, memory: Float[Array, " term"], step: Int[Array, ""]
    ) -> Float[Array, " term"]:
        """The multipliers, measured where that is due; those of interior terms stay."""
        return self.average.renew(memory, step, lambda: self._measured(objective, params, x, memory))

    def multipliers(self, objective: Objective, x: Batch, memory: Float[Array, " term"]) -> Float[Array, " row"]:
        """Those of the terms."""
        return objective.spread(x, memory)

    def _measured(
        self, objective: Objective, params: Params, x: Batch, memory: Float[Array, " term"]
    ) -> Float[Array, " term"]:
        interior = [not objective.problem.terms[name].faces for name in objective.terms]

        def inside(theta: Params) -> Float[Array, ""]:
            losses = objective.losses(theta, x)
            return sum((loss for loss, is_inside in zip(losses, interior, strict=True) if is_inside), jnp.zeros(()))

        above = self._leaves(jax.grad(inside)(params))
        found = []
        for k, is_inside in enumerate(interior):
            if is_inside:
                found.append(jnp.ones((), "float64"))
                continue
            below = self._leaves(jax.grad(lambda theta, k=k: objective.losses(theta, x)[k])(params))
            factor = memory[k] if self.denominator == "weighted" else 1.0
            found.append(self._ratio(above, [factor * leaf for leaf in below]))
        return jnp.stack(found)

    def _leaves(self, gradient: Params) -> _Leaves:
        """The sizes of the entries of every array that counts."""
        paths = jax.tree_util.tree_leaves_with_path(gradient)
        return [jnp.abs(leaf) for path, leaf in paths if self.biases or "bias" not in jax.tree_util.keystr(path)]

    def _ratio(self, above: _Leaves, below: _Leaves) -> Float[Array, ""]:
        if self.mean == "largest_layer":
            pairs = zip(above, below, strict=True)
            return jnp.max(jnp.stack([jnp.max(high) / jnp.mean(low) for high, low in pairs]))
        largest = jnp.max(jnp.stack([jnp.max(leaf) for leaf in above]))
        if self.mean == "layers":
            return largest / jnp.mean(jnp.stack([jnp.mean(leaf) for leaf in below]))
        return largest * sum(leaf.size for leaf in below) / sum(jnp.sum(leaf) for leaf in below)
