"""A way to train: an optimiser with a weighting, and the state of a run that it takes from step to step.

A run that leaves the range of numbers has diverged: the step that does so is not taken, its number is recorded, and the
last finite state stays.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from hpcpinn.model.networks.network import Params
from hpcpinn.training.batches.batches import Batches, Seed
from hpcpinn.training.batches.whole import WHOLE
from hpcpinn.training.objective import Batch, Loss, Objective
from hpcpinn.training.optimizers.optimizer import Optimizer
from hpcpinn.training.weightings.weighting import Weighting

_NEVER = -1


class State(NamedTuple):
    """Where a run is.

    Attributes:
        params: of the network.
        memory: what the optimiser remembers.
        weighting: what the weighting remembers.
        seed: of the random numbers with which points are drawn; the run's own.
        step: how many steps were taken.
        diverged: the step that would have left the range of numbers, counted from 1; -1 as long as there is none.
    """

    params: Params
    memory: Any
    weighting: Any
    seed: Seed
    step: Int[Array, ""]
    diverged: Int[Array, ""]


@dataclass(frozen=True)
class Method:
    """How to train.

    Attributes:
        objective: what is made small.
        optimizer: how.
        weighting: and what counts how much meanwhile.
        base: multipliers of terms on top of it.
        batches: which points a step looks at.
    """

    objective: Objective
    optimizer: Optimizer
    weighting: Weighting
    base: tuple[tuple[str, float], ...] = ()
    batches: Batches = WHOLE

    def begin(self, x: Batch, params: Params, seed: Seed) -> State:
        """The state before the first step."""
        weighting = self.weighting.begin(self.objective, x)
        memory = self.optimizer.begin(self._loss(x, weighting), params)
        return State(params, memory, weighting, seed, jnp.zeros((), "int64"), jnp.full((), _NEVER, "int64"))

    def begin_again(self, x: Batch, state: State) -> State:
        """The state before the first step with another objective: parameters and counts stay, memories are new."""
        return self.begin(x, state.params, state.seed)._replace(step=state.step, diverged=state.diverged)

    def step(self, x: Batch, rate: Float[Array, ""], state: State) -> State:
        """The state after one more step; `x` are the points of the study."""
        x = self.batches.draw(self.objective.problem, x, state.seed, state.step)
        weighting = self.weighting.renew(self.objective, state.params, x, state.weighting, state.step)
        loss = self._loss(x, weighting)
        params, memory = self.optimizer.step(loss, state.params, state.memory, rate, state.step)
        taken = state._replace(params=params, memory=memory, weighting=weighting, step=state.step + 1)
        stayed = state._replace(diverged=state.step + 1)
        return jax.tree.map(lambda new, old: jnp.where(_is_finite(params), new, old), taken, stayed)

    def advance(self, x: Batch, rate: Float[Array, ""], state: State, steps: Int[Array, ""]) -> State:
        """The state after so many steps, or at the last finite one."""
        end = state.step + steps
        return jax.lax.while_loop(
            lambda now: (now.step < end) & (now.diverged == _NEVER), lambda now: self.step(x, rate, now), state
        )

    def multipliers(self, x: Batch, state: State) -> Float[Array, " row"]:
        """The multiplier of every row, as of the last step."""
        return self._multipliers(x, state.weighting)

    def report(self, state: State) -> dict[str, Array]:
        """What the optimiser has to say of itself, and when the run has diverged, NaN if it has not."""
        diverged = jnp.where(state.diverged == _NEVER, jnp.nan, state.diverged)
        return {"diverged_step": diverged, **self.optimizer.report(state.memory)}

    def _loss(self, x: Batch, weighting: Any) -> Loss:
        return Loss(self.objective, x, self._multipliers(x, weighting))

    def _multipliers(self, x: Batch, weighting: Any) -> Float[Array, " row"]:
        found = self.weighting.multipliers(self.objective, x, weighting)
        given = dict(self.base)
        if given:
            of_terms = jnp.asarray([given.get(name, 1.0) for name in self.objective.terms], found.dtype)
            found = found * self.objective.spread(x, of_terms)
        return jax.lax.stop_gradient(found)


def _is_finite(params: Params) -> Bool[Array, ""]:
    return jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(params)]).all()


@dataclass(frozen=True)
class Begin:
    """`Method.begin`, to be mapped over networks: points are shared, parameters and random numbers are its own."""

    method: Method

    def __call__(self, x: Batch, own: tuple[Params, Seed]) -> State:
        """The state before the first step."""
        return self.method.begin(x, *own)


@dataclass(frozen=True)
class BeginAgain:
    """`Method.begin_again`, to be mapped over networks: points are shared, the state is its own."""

    method: Method

    def __call__(self, x: Batch, state: State) -> State:
        """The state before the first step with this method."""
        return self.method.begin_again(x, state)


@dataclass(frozen=True)
class Advance:
    """`Method.advance`, to be mapped over networks: points and steps are shared, state and learning rate its own."""

    method: Method

    def __call__(self, shared: tuple[Batch, Int[Array, ""]], own: tuple[State, Float[Array, ""]]) -> State:
        """The state after so many steps."""
        (x, steps), (state, rate) = shared, own
        return self.method.advance(x, rate, state, steps)


@dataclass(frozen=True)
class Report:
    """What is recorded of a state, to be mapped over networks: points are shared, the state is its own."""

    method: Method

    def __call__(self, x: Batch, state: State) -> dict[str, Array]:
        """Unweighted loss and mean multiplier of every term, multipliers of rows, and what the method reports."""
        objective, multipliers = self.method.objective, self.method.multipliers(x, state)
        return {
            "loss": objective.losses(state.params, x),
            "weight": objective.means(x, multipliers),
            "multipliers": multipliers,
            **self.method.report(state),
        }
