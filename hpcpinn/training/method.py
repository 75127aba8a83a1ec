"""A way to train: an optimiser with a weighting, and the state of a run that it takes from step to step.

A run that leaves the range of numbers has diverged: the step that does so is not taken, its number is recorded, and the
last finite parameters stay. Networks that are trained side by side count their steps together.
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
        diverged: the step that would have left the range of numbers, counted from 1; -1 as long as there is none.
    """

    params: Params
    memory: Any
    weighting: Any
    diverged: Int[Array, ""]


class Run(NamedTuple):
    """What a run has of its own all along.

    Attributes:
        rate: the learning rate, before it falls.
        seed: of the random numbers with which points are drawn.
    """

    rate: Float[Array, ""]
    seed: Seed


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

    def begin(self, x: Batch, params: Params) -> State:
        """The state before the first step, of arrays of its own: later ones take their place."""
        weighting = self.weighting.begin(self.objective, x)
        memory = self.optimizer.begin(self._loss(x, weighting), params)
        return jax.tree.map(jnp.copy, State(params, memory, weighting, jnp.full((), _NEVER, "int64")))

    def begin_again(self, x: Batch, state: State) -> State:
        """The state before the first step with another objective: parameters stay, memories are new."""
        return self.begin(x, state.params)._replace(diverged=state.diverged)

    def step(self, x: Batch, run: Run, state: State, step: Int[Array, ""]) -> State:
        """The state after the step that follows `step` steps; `x` are the points of the study.

        Arrays that the optimiser remembers are not kept back with the parameters: nobody reads those of a run that has
        diverged, and the choice took two copies of the pairs of L-BFGS.
        """
        x = self.batches.draw(self.objective.problem, x, run.seed, step)
        weighting = self.weighting.renew(self.objective, state.params, x, state.weighting, step)
        loss = self._loss(x, weighting)
        params, memory = self.optimizer.step(loss, state.params, state.memory, run.rate, step)
        is_taken = _is_going(state) & _is_finite(params)

        def chosen(new: Array, old: Array) -> Array:
            return jnp.where(is_taken, new, old)

        return State(
            jax.tree.map(chosen, params, state.params),
            jax.tree.map(lambda new, old: new if new.ndim else chosen(new, old), memory, state.memory),
            jax.tree.map(chosen, weighting, state.weighting),
            jnp.where(is_taken | ~_is_going(state), state.diverged, step + 1),
        )

    def advance(self, x: Batch, run: Run, state: State, step: Int[Array, ""], steps: Int[Array, ""]) -> State:
        """The state `steps` steps after the first `step`, or at the last finite parameters."""

        def is_wanted(now: tuple[Int[Array, ""], State]) -> Bool[Array, ""]:
            return (now[0] < step + steps) & _any_beside(_is_going(now[1]))

        def taken(now: tuple[Int[Array, ""], State]) -> tuple[Int[Array, ""], State]:
            return now[0] + 1, self.step(x, run, now[1], now[0])

        return jax.lax.while_loop(is_wanted, taken, (step, state))[1]

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


def _is_going(state: State) -> Bool[Array, ""]:
    return state.diverged == _NEVER


@jax.custom_batching.custom_vmap
def _any_beside(is_so: Bool[Array, ""]) -> Bool[Array, ""]:
    """Whether it is so for this network, or for any that `vmap` has put beside it.

    One answer for all of them: a loop whose end depends on the network chooses between its old and its new state at
    every step, and its conditions become choices between two results that are both computed.
    """
    return is_so


@_any_beside.def_vmap
def _any_mapped(_: int, __: list[bool], is_so: Bool[Array, " network"]) -> tuple[Bool[Array, ""], bool]:
    return jnp.any(is_so), False


def _is_finite(params: Params) -> Bool[Array, ""]:
    return jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(params)]).all()


@dataclass(frozen=True)
class Begin:
    """`Method.begin`, to be mapped over networks: points are shared, parameters are its own."""

    method: Method

    def __call__(self, x: Batch, params: Params) -> State:
        """The state before the first step."""
        return self.method.begin(x, params)


@dataclass(frozen=True)
class BeginAgain:
    """`Method.begin_again`, to be mapped over networks: points are shared, the state is its own."""

    method: Method

    def __call__(self, x: Batch, state: State) -> State:
        """The state before the first step with this method."""
        return self.method.begin_again(x, state)


@dataclass(frozen=True)
class Advance:
    """`Method.advance`, to be mapped over networks: points and steps are shared, state and run its own."""

    method: Method

    def __call__(self, shared: tuple[Batch, Int[Array, ""], Int[Array, ""]], own: tuple[State, Run]) -> State:
        """The state so many steps after that of a step."""
        (x, step, steps), (state, run) = shared, own
        return self.method.advance(x, run, state, step, steps)


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
