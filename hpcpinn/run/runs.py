"""The runs of an ensemble: one cell with several seeds, from initialisation through training, at the recorded steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.kernel.layouts.layout import Tile
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Initialization
from hpcpinn.run.checkpoint import Midway
from hpcpinn.run.limits import limit_of
from hpcpinn.run.observation import Observation, Record, held, observe
from hpcpinn.run.prediction import Prediction
from hpcpinn.run.setup import Setup
from hpcpinn.study.configuration import Training
from hpcpinn.training import accuracy, drift, gd, loss
from hpcpinn.training.linearized import linearized
from hpcpinn.training.residuals import Residuals
from hpcpinn.training.trajectory import trajectory

# Takes the place of a recorded step and a tile of the kernels there.
Sink = Callable[[int, Tile], None]
# Takes the steps done, the records so far and the parameters, at a safe point of training.
Pause = Callable[[int, Sequence[Record], Any], None]


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
            yield from self._trained(training, start)

    def _initial(self, seeds: Sequence[int]) -> Any:
        """The networks: float64 if they are trained, in the precision of the kernel otherwise."""
        configuration = self.cell.configuration
        low = precision.DTYPES[configuration.kernel.precision]
        dtype = low if configuration.training is None else precision.DTYPES["float64"]
        keys = np.stack([jax.random.key_data(jax.random.key(seed)) for seed in seeds])
        draw = Initialization(self.cell.network, self.cell.problem, dtype)
        return self.ensemble.map(draw, (), self.ensemble.deal(keys))

    def _trained(self, training: Training, start: Any) -> Iterator[Record]:
        first = self._observe(0, start)
        course = _course(self.cell, training, first)
        prediction = self._prediction(training, course, first, start)
        for place, params in enumerate(self._path(training, course, start), self._done):
            now = self._observe(place, params) if place else first
            predicted = prediction.at(training.record[place], self._residuals(course, params)) if prediction else {}
            progress = self._progress(course, now, first, params, start)
            yield self._describe(now) | self._accuracy(params) | progress | predicted
            if place + 1 < len(training.record):
                self.pause(training.record[place], params)

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
        descent = gd.Descent(self.cell.problem, self.cell.network, course.weights)
        rates = self.ensemble.deal(course.rates)

        def advance(params: Any, steps: int) -> Any:
            return self.ensemble.map(descent, (course.x, np.asarray(steps)), (params, rates))

        record = training.record[self._done :]
        if self.midway is None:
            return trajectory(advance, start, record, pause=self.pause)
        return trajectory(advance, self._resumed(self.midway, start), record, self.midway.step, self.pause)

    def _resumed(self, midway: Midway, start: Any) -> Any:
        """The parameters where training goes on, which form the same tree as those at its start.

        Array by array, since dealing them out takes several copies of what is dealt out.
        """
        leaves, dealt = midway.take(), []
        while leaves:
            dealt.append(jax.block_until_ready(jnp.asarray(self.ensemble.deal(leaves.pop(0)))))
        return jax.tree.unflatten(jax.tree.structure(start), dealt)

    def _progress(self, course: "_Course", now: Observation, first: Observation, params: Any, start: Any) -> Record:
        """The quantities that only training has."""
        losses = loss.TermLosses(self.cell.problem, self.cell.network, course.weights)
        return {
            "kernel_drift": now.drift(first),
            "parameter_drift": self._read(drift.of_parameters, (), (params, start)),
            "loss": self._read(losses, course.x, params),
            "weight": np.ones((self.ensemble.count, len(course.weights))),
            "stability": course.rates / now.edges(course.row_weights),
        }

    def _accuracy(self, params: Any) -> Record:
        problem, compared = self.cell.problem, self.cell.configuration.points.compared
        if problem.exact is None or not compared:
            return {}
        error = accuracy.Error(problem, self.cell.network)
        return {"relative_l2": self._read(error, accuracy.reference(problem, compared), params).astype(np.float64)}

    def _observe(self, step: int, params: Any) -> Observation:
        return observe(self.cell, self.ensemble, params, lambda tile: self.sink(step, tile))

    def _read(self, function: Callable[[Any, Any], Any], shared: Any, own: Any) -> np.ndarray:
        return self.ensemble.read(self.ensemble.map(function, shared, own))


@dataclass(frozen=True)
class _Course:
    """What stays the same during the training of an ensemble."""

    weights: loss.Weights
    row_weights: Float[np.ndarray, " row"]
    rates: Float[np.ndarray, " network"]
    x: Mapping[str, jax.Array]


def _course(cell: Setup, training: Training, first: Observation) -> _Course:
    counts = cell.points.counts
    weights = loss.term_weights(training.loss, counts)
    rows = loss.row_weights(weights, counts)
    edges = first.edges(rows)
    fraction = training.edge_fraction
    rates = np.full(len(edges), training.learning_rate) if fraction is None else fraction * edges
    x = {name: jnp.asarray(cell.points[name]) for name in counts}
    return _Course(weights, rows, rates, x)
