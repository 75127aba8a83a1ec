r"""Levenberg-Marquardt: damped Gauss-Newton steps, and a damping that learns from each of them.

With the gain $\rho$, how much of the decrease that the linear model predicts the loss really has, a step is accepted
where $\rho > 0$ and the damping becomes $\mu \max(1/3,\, 1 - (2\rho - 1)^3)$; where it is rejected, $\mu\nu$ with $\nu$
doubled each time (Nielsen 1999, IMM-REP-1999-05, eq. 2.21; Madsen, Nielsen and Tingleff 2004, algorithm 3.16). The
first damping is a share of the largest diagonal entry of $K$. Bonfanti, Bruno and Cipriani (arXiv 2402.03864) do not
state their rule: here every constant is an option, and the damping and the steps of both kinds are recorded.
"""

import functools
from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.objective import Loss
from hpcpinn.training.optimizers import damped
from hpcpinn.training.optimizers.damped import Solve

_GENTLEST, _GROWTH = 1 / 3, 2.0


class Damping(NamedTuple):
    r"""What is learned.

    Attributes:
        value: $\mu$.
        growth: $\nu$, by which it is multiplied after the next rejection.
        accepted: steps so far.
        rejected: dampings so far with which the loss did not fall.
    """

    value: Float[Array, ""]
    growth: Float[Array, ""]
    accepted: Int[Array, ""]
    rejected: Int[Array, ""]


class _Trial(NamedTuple):
    """The search for a damping at one point."""

    damping: Damping
    params: Params
    tries: Int[Array, ""]
    is_over: Array


@dataclass(frozen=True)
class LevenbergMarquardt:
    r"""Levenberg-Marquardt in sample space, or without a matrix.

    Attributes:
        damping: the first $\mu$ over the largest diagonal entry of the kernel.
        lowest: $\mu$ is not made smaller, in the units of the kernel.
        highest: nor larger.
        tries: dampings that are tried at one point before the step is given up.
        solver: `"gram"` in sample space, `"cg"` by conjugate gradients.
        iterations: of conjugate gradients at most.
        tolerance: at which they stop.
    """

    damping: float = 1e-3
    lowest: float = 1e-12
    highest: float = 1e12
    tries: int = 10
    solver: Literal["gram", "cg"] = "gram"
    iterations: int = 200
    tolerance: float = 1e-6

    def begin(self, loss: Loss, params: Params) -> Damping:
        """The first damping."""
        largest = jnp.max(loss.diagonal(params))
        none = jnp.zeros((), "int64")
        return Damping(self._bounded(self.damping * largest), jnp.asarray(_GROWTH, largest.dtype), none, none)

    def step(
        self, loss: Loss, params: Params, memory: Damping, rate: Float[Array, ""], step: Int[Array, ""]
    ) -> tuple[Params, Damping]:
        """One accepted step, unless no damping was found: the parameters then stay as they are."""
        solve, start = self._solve(loss, params), loss(params)
        first = _Trial(memory, params, jnp.zeros((), "int64"), jnp.asarray(False))
        trial = functools.partial(self._try, loss, params, start, solve)
        last = jax.lax.while_loop(lambda now: ~now.is_over & (now.tries < self.tries), trial, first)
        return last.params, last.damping

    def report(self, memory: Damping) -> dict[str, Array]:
        """Damping, accepted and rejected steps."""
        return {"damping": memory.value, "accepted_steps": memory.accepted, "rejected_steps": memory.rejected}

    def _solve(self, loss: Loss, params: Params) -> Solve:
        if self.solver == "cg":
            return damped.by_conjugate_gradients(loss, params, self.iterations, self.tolerance)
        return damped.in_sample_space(loss, params, loss.kernel(params))

    def _try(self, loss: Loss, params: Params, start: Float[Array, ""], solve: Solve, now: _Trial) -> _Trial:
        found = solve(now.damping.value)
        moved = jax.tree.map(jnp.add, params, found.change)
        gain = (start - loss(moved)) / found.predicted
        is_better = gain > 0  # not where anything is not finite
        kept = jax.tree.map(lambda new, old: jnp.where(is_better, new, old), moved, params)
        return _Trial(self._learned(now.damping, gain, is_better), kept, now.tries + 1, is_better)

    def _learned(self, damping: Damping, gain: Float[Array, ""], is_better: Array) -> Damping:
        gentler = damping.value * jnp.maximum(_GENTLEST, 1 - (2 * gain - 1) ** 3)
        value = jnp.where(is_better, gentler, damping.value * damping.growth)
        return Damping(
            self._bounded(value),
            jnp.where(is_better, _GROWTH, 2 * damping.growth),
            damping.accepted + is_better,
            damping.rejected + ~is_better,
        )

    def _bounded(self, value: Float[Array, ""]) -> Float[Array, ""]:
        return jnp.clip(value, self.lowest, self.highest)
