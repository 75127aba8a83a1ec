"""One run: one cell with one seed, from initialisation through training, as arrays over the recorded steps."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hpcpinn.kernel import assembly, blocks
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Params
from hpcpinn.run.setup import Setup
from hpcpinn.study.configuration import Training
from hpcpinn.training import accuracy, drift, loss, stability, trajectory

Record = dict[str, Any]


def run_seed(cell: Setup, seed: int) -> dict[str, np.ndarray]:
    """Every quantity of one run by its name, with the recorded steps as the leading dimension.

    The network of seed s is `network.init(jax.random.key(s), problem)`.
    """
    params = cell.network.init(jax.random.key(seed), cell.problem)
    training = cell.configuration.training
    steps = _initial(cell, params) if training is None else _trained(cell, training, params)
    records = list(steps)
    return {name: np.stack([record[name] for record in records]) for name in records[0]}


def _initial(cell: Setup, params: Params) -> Iterator[Record]:
    kernel = kernel_of(cell, params)
    yield _kernel_record(cell, kernel) | _accuracy(cell, params)


def _trained(cell: Setup, training: Training, start: Params) -> Iterator[Record]:
    kernel = kernel_of(cell, start)
    course = _course(cell, training, kernel)
    path = trajectory.trajectory(
        cell.problem, cell.network, course.weights, start, course.x, course.learning_rate, training.record
    )
    first = kernel
    for params in path:
        now = kernel if params is start else kernel_of(cell, params)
        yield _kernel_record(cell, now) | _accuracy(cell, params) | course.record(cell, now, first, params, start)


@dataclass(frozen=True)
class _Course:
    """What stays the same during the training of one run."""

    weights: loss.Weights
    row_weights: np.ndarray
    learning_rate: float
    x: Mapping[str, jax.Array]

    def record(self, cell: Setup, kernel: np.ndarray, first: np.ndarray, params: Params, start: Params) -> Record:
        """The quantities that only training has."""
        losses = _losses(cell.problem, cell.network, self.weights, params, self.x)
        return {
            "kernel_drift": drift.of_kernel(kernel, first),
            "parameter_drift": drift.of_parameters(params, start),
            "loss": np.asarray(losses),
            "weight": np.ones(len(self.weights)),
            "stability": self.learning_rate / stability.edge(kernel, self.row_weights),
        }


_losses = functools.partial(jax.jit, static_argnums=(0, 1, 2))(loss.term_losses)


def _course(cell: Setup, training: Training, kernel: np.ndarray) -> _Course:
    counts = cell.points.counts
    weights = loss.term_weights(training.loss, counts)
    rows = loss.row_weights(weights, counts)
    fraction = training.edge_fraction
    rate = training.learning_rate if fraction is None else fraction * stability.edge(kernel, rows)
    x = {name: jnp.asarray(cell.points[name]) for name in counts}
    return _Course(weights, rows, float(rate), x)


def kernel_of(cell: Setup, params: Params) -> np.ndarray:
    """The kernel in the precision of the study; training itself is always in float64."""
    kernel = cell.configuration.kernel
    cast = jax.tree.map(lambda leaf: leaf.astype(precision.DTYPES[kernel.precision]), params)
    return assembly.ntk(cell.problem, cell.network, cast, cell.points, kernel.tile)


def _kernel_record(cell: Setup, kernel: np.ndarray) -> Record:
    return {"kernel": kernel} | blocks.describe(kernel, cell.points.counts)


def _accuracy(cell: Setup, params: Params) -> Record:
    if cell.problem.exact is None:
        return {}
    return {"relative_l2": accuracy.relative_l2(cell.problem, cell.network, params)}
