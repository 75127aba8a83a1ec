r"""What training makes small: $L(\theta) = \sum_i c_i m_i r_i(\theta)^2$ over the rows of all terms.

The constants $c_i$ are those of the loss (`training.loss`), the multipliers $m_i$ those of a weighting
(`training.weightings`), one for every row without it. With $s_i = \sqrt{c_i m_i}\, r_i$ the loss is $|s|^2$, and every
optimiser and weighting is written in terms of $s$: gradients are $2 J_s^\top s$, and $J_s J_s^\top$ is the kernel
between its root weights.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.kernel import traced
from hpcpinn.model import evaluation, precision
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.model.requirements import required_channels
from hpcpinn.training import loss, microbatches
from hpcpinn.training.microbatches import Residuals

# The points of every term by its name.
Batch = Mapping[str, Array]


@dataclass(frozen=True)
class Objective:
    """The terms of a problem for one network description, and how the loss counts their rows.

    Attributes:
        problem: the terms.
        network: the description of the network.
        normalization: of the loss: "mean", "sum", "half_mean" or "half_sum" (`training.loss`).
        precision: of residuals where nothing is kept of them but values, or a sum of squares and its slope; everything
            else is in the precision of the parameters.
    """

    problem: Problem
    network: Network
    normalization: str = "mean"
    precision: str = "float64"

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, in the order of the rows."""
        return tuple(self.problem.terms)

    def weights(self, x: Batch) -> loss.Weights:
        """$c_i$ of the rows of every term, in the order of the terms."""
        return loss.term_weights(self.normalization, {name: len(x[name]) for name in self.terms})

    def parts(self, params: Params, x: Batch) -> list[Float[Array, "_row"]]:
        """The residuals $r$ of every term."""
        return [self.part(name, params, x[name]) for name in self.terms]

    def part(self, name: str, params: Params, x: Float[Array, "_row coordinate"]) -> Float[Array, "_row"]:
        """The residuals $r$ of one term."""
        term = self.problem.terms[name]
        return evaluation.residuals(self.problem, term, self.network, self.network.affine(params), x)

    def values(self, params: Params, x: Batch) -> list[Float[Array, "_row"]]:
        """`parts` in less time, where nobody asks for their slopes."""
        return [microbatches.values(*self._microbatches(name), params, x[name]) for name in self.terms]

    def squares(self, name: str, params: Params, x: Array, roots: Float[Array, "_row"]) -> Float[Array, ""]:
        r"""$\sum_i (w_i r_i)^2$ of one term, to be differentiated by the parameters only."""
        return microbatches.squares(*self._microbatches(name), params, x, roots)

    def is_whole(self, x: Batch) -> bool:
        """Whether all rows go through the network together, in the precision of the parameters."""
        return self.precision == "float64" and all(len(x[name]) <= self._at_once(name) for name in self.terms)

    def _microbatches(self, name: str) -> tuple[Residuals, int]:
        return functools.partial(self._rounded, name), self._at_once(name)

    def _at_once(self, name: str) -> int:
        numbers = len(required_channels(self.problem, self.problem.terms[name])) * self.network.width
        return microbatches.rows_at_once(numbers, precision.DTYPES[self.precision].itemsize)

    def _rounded(self, name: str, params: Params, x: Float[Array, "_row coordinate"]) -> Float[Array, "_row"]:
        """`part` in the precision of this objective, as numbers of that of the points."""
        dtype = precision.DTYPES[self.precision]
        low = jax.tree.map(lambda leaf: leaf.astype(dtype), params)
        return self.part(name, low, x.astype(dtype)).astype(x.dtype)

    def losses(self, params: Params, x: Batch) -> Float[Array, " term"]:
        """The unweighted loss of every term, $c_t |r_t|^2$."""
        parts = zip(self.weights(x), self.parts(params, x), strict=True)
        return jnp.stack([weight * jnp.sum(part**2) for (_, weight), part in parts])

    def constants(self, x: Batch) -> Float[Array, " row"]:
        """$c_i$ of every row."""
        dtype = x[self.terms[0]].dtype
        return jnp.concatenate([jnp.full(len(x[name]), weight, dtype) for name, weight in self.weights(x)])

    def cut(self, x: Batch, rows: Float[Array, " row"]) -> list[Float[Array, "_row"]]:
        """What belongs to every term of what there is of every row."""
        ends, start = [], 0
        for name in self.terms:
            ends.append(rows[start : start + len(x[name])])
            start += len(x[name])
        return ends

    def means(self, x: Batch, rows: Float[Array, " row"]) -> Float[Array, " term"]:
        """The mean over the rows of every term."""
        return jnp.stack([jnp.mean(part) for part in self.cut(x, rows)])

    def spread(self, x: Batch, values: Float[Array, " term"]) -> Float[Array, " row"]:
        """What every term has, for each of its rows."""
        return jnp.concatenate([jnp.full(len(x[name]), values[k]) for k, name in enumerate(self.terms)])


@dataclass(frozen=True)
class Loss:
    """The loss of one step: its points and multipliers are given.

    Attributes:
        objective: the terms and the constants.
        x: points.
        multipliers: $m_i$; gradients do not pass through them.
    """

    objective: Objective
    x: Batch
    multipliers: Float[Array, " row"]

    def __call__(self, params: Params) -> Float[Array, ""]:
        """$|s|^2$.

        Root weights of one term are the same number for all rows, which XLA would multiply by others where it sees it:
        inside of a loop over networks it does not, and the last bits depended on how many networks a device had.
        """
        if self.objective.is_whole(self.x):
            return jnp.sum(self.residuals(params) ** 2)
        roots = jax.lax.optimization_barrier(self.roots)
        cuts = zip(self.objective.terms, self.objective.cut(self.x, roots), strict=True)
        return jnp.sum(jnp.stack([self.objective.squares(name, params, self.x[name], root) for name, root in cuts]))

    def residuals(self, params: Params) -> Float[Array, " row"]:
        r"""$s_i = \sqrt{c_i m_i}\, r_i$."""
        return self.roots * jnp.concatenate(self.objective.parts(params, self.x))

    @property
    def roots(self) -> Float[Array, " row"]:
        r"""$\sqrt{c_i m_i}$."""
        return jnp.sqrt(self.objective.constants(self.x) * self.multipliers)

    def kernel(self, params: Params) -> Float[Array, "row row"]:
        r"""$J_s J_s^\top$, by structured factors: no Jacobian is formed."""
        kernel = traced.kernel(self.objective.problem, self.objective.network, params, self.ordered)
        return kernel * (self.roots[:, None] * self.roots)

    def diagonal(self, params: Params) -> Float[Array, " row"]:
        r"""$|\partial s_i / \partial\theta|^2$ of every row, without the kernel."""
        found = traced.diagonal(self.objective.problem, self.objective.network, params, self.ordered)
        return self.roots**2 * found

    @property
    def ordered(self) -> dict[str, Array]:
        """The points in the order of the terms: a compiled function sorts a mapping."""
        return {name: self.x[name] for name in self.objective.terms}
