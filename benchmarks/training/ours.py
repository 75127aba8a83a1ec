"""The training steps of the package, as a task takes them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.training import plain
from benchmarks.training.case import RATE, Case
from benchmarks.training.plain import Contender
from hpcpinn.kernel import ensembles
from hpcpinn.model.networks.network import Params
from hpcpinn.training.method import Advance, Begin, Method, Run
from hpcpinn.training.objective import Objective
from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.optimizers.gd import GradientDescent
from hpcpinn.training.weightings.fixed import NONE

OPTIMIZERS = {"gd": GradientDescent(), "adam": Adam()}


def method(case: Case) -> Method:
    """The method of a case."""
    return Method(Objective(case.description, case.network, "mean"), OPTIMIZERS[case.optimizer], NONE)


def runs(count: int) -> Run:
    """So many runs with the learning rate of all contenders, which draw no points."""
    return Run(jnp.full(count, RATE), jnp.zeros((count, 2), dtype="uint32"))


def together(case: Case, networks: list[Params]) -> Contender:
    """All networks in one program on all devices, like `hpcpinn.run.runs`."""
    count, how, x = len(networks), method(case), case.x
    ensemble = ensembles.ensemble(case.description, case.network, case.points.counts, count)
    own = ensemble.deal(runs(count))

    def advance(state: Any, step: int, steps: int) -> Any:
        return ensemble.replace(Advance(how), (x, np.asarray(step), np.asarray(steps)), state, own)

    first = ensemble.map(Begin(how), x, ensemble.deal(_stacked(networks)))
    return _contender(first, advance, lambda state: ensemble.read(state.params), count)


def mapped(case: Case, networks: list[Params]) -> Contender:
    """All networks in one program on one device by `vmap`."""
    how, x = method(case), case.x

    def advance(state: Any, step: Any, steps: Any) -> Any:
        return jax.vmap(lambda *one: Advance(how)((x, step, steps), one))(state, runs(len(networks)))

    run = jax.jit(advance, donate_argnums=0)
    first = jax.jit(jax.vmap(lambda params: Begin(how)(x, params)))(_stacked(networks))
    return _contender(first, run, lambda state: jax.tree.map(np.array, state.params), len(networks))


def _contender(
    state: Any, advance: Callable[[Any, int, int], Any], read: Callable[[Any], Params], count: int
) -> Contender:
    taken = 0

    def take(steps: int) -> None:
        nonlocal state, taken
        state = jax.block_until_ready(advance(state, taken, steps))
        taken += steps

    def reached() -> list[plain.Layers]:
        params = jax.tree.map(np.array, read(state))
        return [plain.layers(jax.tree.map(lambda leaf, k=k: leaf[k], params)) for k in range(count)]

    return Contender(take, reached)


def _stacked(networks: list[Params]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *networks)
