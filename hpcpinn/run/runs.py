"""The runs of an ensemble: one cell with several seeds, from initialisation through training, at the recorded steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt32

from hpcpinn.kernel import spectrum
from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.kernel.layouts.layout import Tile
from hpcpinn.model import comparison, precision
from hpcpinn.model.networks.network import Initialization, Params
from hpcpinn.run import references
from hpcpinn.run.checkpoint import Midway
from hpcpinn.run.limits import limit_of
from hpcpinn.run.methods import decay, method_of
from hpcpinn.run.observation import Observation, Record, held, observe
from hpcpinn.run.prediction import Prediction
from hpcpinn.run.setup import Setup
from hpcpinn.run.stages import stages
from hpcpinn.study.configuration import Training
from hpcpinn.training import accuracy, drift, loss
from hpcpinn.training.linearized import linearized
from hpcpinn.training.method import Advance, Begin, BeginAgain, Method, Report, Run, State
from hpcpinn.training.residuals import Residuals
from hpcpinn.training.trajectory import trajectory

# Takes the place of a recorded step and a tile of the kernels there.
Sink = Callable[[int, Tile], None]
# Takes the steps done, the records so far and the parameters, at a safe point of training.
Pause = Callable[[int, Sequence[Record], Any], None]
_OF_BATCHES = 1


def run_seeds(
    cell: Setup,
    ensemble: Ensemble,
    seeds: Sequence[int],
    sink: Sink,
    skipped: int = 0,
    midway: Midway | None = None,
    pause: Pause = lambda *_: None,
) -> Record:
    """Every quantity but the kernels by its name, of the shape (seed, step, ...); kernels go to the sink.

    The network of seed s is `network.init(jax.random.key(s), problem)`.

    Args:
        cell: problem, points, network and training.
        ensemble: as many networks as seeds.
        seeds: the seeds.
        sink: is handed the tiles of all kernels as they are computed.
        skipped: leading recorded steps of which nothing is told; what is told of the others depends on step 0.
        midway: where training goes on, if it has begun; what is needed of step 0 is computed again.
        pause: called where training can be left, between strides and after recorded steps.
    """
    records = list(midway.records) if midway else []
    runs = _Runs(cell, ensemble, sink, skipped, midway, lambda step, params: pause(step, records, params))
    for record in runs.records(seeds):
        records.append(record)
    return {name: np.stack([record[name] for record in records], axis=1) for name in records[0]}


@dataclass(frozen=True)
class _Runs:
    cell: Setup
    ensemble: Ensemble
    sink: Sink
    skipped: int
    midway: Midway | None
    pause: Callable[[int, Any], None]

    @property
    def _done(self) -> int:
        """How many recorded steps are behind, or not asked for."""
        return self.skipped + (len(self.midway.records) if self.midway else 0)

    def records(self, seeds: Sequence[int]) -> Iterator[Record]:
        """One record per recorded step, every quantity with a leading axis of networks."""
        training = self.cell.configuration.training
        start = self._initial(seeds)
        if training is None:
            yield self._describe(self._observe(0, start)) | self._accuracy(start)
        else:
            yield from self._trained(training, start, seeds)

    def _initial(self, seeds: Sequence[int]) -> Any:
        """The networks: float64 if they are trained, in the precision of the kernel otherwise."""
        configuration = self.cell.configuration
        low = precision.DTYPES[configuration.kernel.precision]
        dtype = low if configuration.training is None else precision.DTYPES["float64"]
        keys = np.stack([jax.random.key_data(jax.random.key(seed)) for seed in seeds])
        draw = Initialization(self.cell.network, self.cell.problem, dtype)
        return self.ensemble.map(draw, (), self.ensemble.deal(keys))

    def _trained(self, training: Training, start: Any, seeds: Sequence[int]) -> Iterator[Record]:
        first = self._observe(0, start)
        course = _course(self.cell, training, first, seeds)
        prediction = self._prediction(training, course, first, start)
        for place, state in enumerate(self._path(training, course, start), self._done):
            params = self.ensemble.map(parameters, (), state)
            now = self._observe(place, params) if place else first
            predicted = prediction.at(training.record[place], self._residuals(course, params)) if prediction else {}
            drifts = {
                "kernel_drift": now.drift(first),
                "parameter_drift": self._read(drift.of_parameters, (), (params, start)),
            }
            progress = drifts | self._progress(training, course, now, state, training.record[place])
            yield self._describe(now) | self._accuracy(params) | progress | predicted
            if place + 1 < len(training.record):
                self.pause(training.record[place], state)

    def _describe(self, now: Observation) -> Record:
        limit = limit_of(self.cell)
        return now.describe() | ({} if limit is None else {"limit_distance": held(now).distance(limit)})

    def _prediction(self, training: Training, course: "_Course", first: Observation, start: Any) -> Prediction | None:
        if not training.predict:
            return None
        limit = limit_of(self.cell)
        shared = [] if limit is None else [linearized(limit, course.row_weights)]
        dynamics = [[own, *shared] for own in held(first).linearized(course.row_weights)]
        return Prediction(self.cell.points.counts, self._residuals(course, start), course.rates, dynamics)

    def _residuals(self, course: "_Course", params: Any) -> Float[np.ndarray, "network row"]:
        return self._read(Residuals(self.cell.problem, self.cell.network), course.x, params)

    def _path(self, training: Training, course: "_Course", start: Any) -> Iterator[Any]:
        """The states of all networks at the recorded steps; each takes the place of the one before."""
        state, step = self.ensemble.map(Begin(course.method), course.x, start), 0
        if self.midway is not None:
            state, step = self._resumed(self.midway, state), self.midway.step
        record = training.record[self._done :]
        for stage in stages(self.cell, course.method, training.steps):
            if step == stage.begin > 0:
                state = self.ensemble.map(BeginAgain(stage.method), course.x, state)
            stops = stage.stops(record, step)
            path = trajectory(self._advance(stage.method, course), state, stops, step, self.pause)
            for step, state in zip(stops, path, strict=True):
                if step in record:
                    yield state

    def _advance(self, method: Method, course: "_Course") -> Callable[[Any, int, int], Any]:
        taken, own = Advance(method), self.ensemble.deal(Run(jnp.asarray(course.rates), jnp.asarray(course.seeds)))

        def advance(state: Any, step: int, steps: int) -> Any:
            # The factors of Levenberg-Marquardt. With a thread per core and another process on the same cores, a step
            # of 628 rows took 2 s in the place of 0.07.
            with spectrum.one_thread():
                shared = course.x, np.asarray(step), np.asarray(steps)
                return jax.block_until_ready(self.ensemble.replace(taken, shared, state, own))

        return advance

    def _resumed(self, midway: Midway, begun: Any) -> Any:
        """The state where training goes on, which forms the same tree as that at its start.

        Array by array, since dealing them out takes several copies of what is dealt out.
        """
        leaves, dealt = midway.take(), []
        while leaves:
            dealt.append(jax.block_until_ready(jnp.asarray(self.ensemble.deal(leaves.pop(0)))))
        return jax.tree.unflatten(jax.tree.structure(begun), dealt)

    def _progress(self, training: Training, course: "_Course", now: Observation, state: Any, step: int) -> Record:
        """Losses and their weights, stability, and what the optimiser reports."""
        report = self._read(Report(course.method), course.x, state)
        rates = course.rates * self._rate_factor(training, step)
        return {"stability": rates / now.edges(course.row_weights * report.pop("multipliers")), **report}

    def _rate_factor(self, training: Training, step: int) -> float:
        """Of the step that follows; NaN for optimisers that the edge of gradient descent does not bind."""
        return float(decay(training)(jnp.asarray(step))) if training.optimizer in ("gd", "linearized") else np.nan

    def _accuracy(self, params: Any) -> Record:
        problem, compared = self.cell.problem, self.cell.configuration.points.compared
        if not (comparison.is_known(problem) and compared):
            return {}
        known = accuracy.reference(problem, compared, references.solution_of(problem))
        error = accuracy.Error(problem, self.cell.network)
        return {"relative_l2": self._read(error, known, params).astype(np.float64)}

    def _observe(self, step: int, params: Any) -> Observation:
        return observe(self.cell, self.ensemble, params, lambda tile: self.sink(step, tile))

    def _read(self, function: Callable[[Any, Any], Any], shared: Any, own: Any) -> Any:
        return self.ensemble.read(self.ensemble.map(function, shared, own))


def parameters(_: object, state: State) -> Params:
    """The parameters of a state, to be mapped over networks."""
    return state.params


@dataclass(frozen=True)
class _Course:
    """What stays the same during the training of an ensemble."""

    method: Method
    row_weights: Float[np.ndarray, " row"]
    rates: Float[np.ndarray, " network"]
    seeds: UInt32[np.ndarray, "network word"]
    x: Mapping[str, jax.Array]


def _course(cell: Setup, training: Training, first: Observation, seeds: Sequence[int]) -> _Course:
    counts, method = cell.points.counts, method_of(cell, training)
    rows = loss.row_weights(loss.term_weights(training.loss, counts), counts)
    fraction = training.edge_fraction
    x = {name: jnp.asarray(cell.points[name]) for name in counts}
    if fraction is None:
        rates = np.full(first.count, training.learning_rate)
    else:
        rates = fraction * first.edges(np.tile(rows, (first.count, 1)))
    return _Course(method, rows, rates, np.stack([_batch_seed(seed) for seed in seeds]), x)


def _batch_seed(seed: int) -> UInt32[np.ndarray, " word"]:
    """The random numbers of the batches of a run: others than those of its network, which has the key itself."""
    return np.asarray(jax.random.key_data(jax.random.fold_in(jax.random.key(seed), _OF_BATCHES)))
