"""What one run of a cell consists of, in numbers: the input of the cost and memory models."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from hpcpinn.plan.contraction import Map
from hpcpinn.plan.layers import layers
from hpcpinn.plan.outline import Outline
from hpcpinn.plan.variables import ITEMSIZE
from hpcpinn.study import methods
from hpcpinn.study.configuration import Configuration


@dataclass(frozen=True)
class Way:
    """How a run is trained.

    Attributes:
        optimizer: its name.
        pairs: steps that L-BFGS remembers.
        iterations: of conjugate gradients in a step of Levenberg-Marquardt at most; 0 where it solves in sample space.
        weighting: its name.
        every: steps between two measurements of a weighting.
        rows: number of points of each term in one step; empty where they are all points.
        itemsize: bytes of a number of the residuals and slopes.
    """

    optimizer: str = "gd"
    pairs: int = 0
    iterations: int = 0
    weighting: str = "none"
    every: int = 1
    rows: tuple[int, ...] = ()
    itemsize: int = 8

    @property
    def is_in_sample_space(self) -> bool:
        """Whether a step needs the kernel."""
        return self.optimizer == "levenberg_marquardt" and not self.iterations


_GRADIENT_DESCENT = Way()


@dataclass(frozen=True)
class Workload:
    """One run: one cell, one seed.

    Attributes:
        rows: number of points n_t of each term.
        channels: number of derivative channels C_t of each term.
        linear: how many of them can be non-zero at the coordinates.
        reads: how many of them each term reads of the fields.
        width: hidden width N.
        depth: hidden layers L.
        encoders: extra maps from the input to N units (two gates in the modified MLP).
        inputs: coordinates of the problem.
        outputs: fields of the problem.
        tile: rows of a kernel tile.
        records: recorded steps, at which kernel and spectrum are taken.
        steps: training steps.
        itemsize: bytes of one kernel entry while it is assembled.
        dense: whether kernels are held whole, for their spectra.
        parts: kernels that are assembled at once: the whole one, and the shares of layers that are wanted.
        limit: how it is compared with infinitely wide networks: "none", "fixed" for one limit, "random" for draws.
        draws: draws of a random limit.
        compared: points at which the solution is compared with the known one; 0 where it is not.
        evaluated: channels that are pushed through the network for that at each of them.
        way: how it is trained, if it is.
    """

    rows: tuple[int, ...]
    channels: tuple[int, ...]
    linear: tuple[int, ...]
    reads: tuple[int, ...]
    width: int
    depth: int
    encoders: int
    inputs: int
    outputs: int
    tile: int
    records: int
    steps: int
    itemsize: int
    dense: bool
    parts: int
    limit: Literal["none", "fixed", "random"]
    draws: int
    compared: int
    evaluated: int = 1
    way: Way = _GRADIENT_DESCENT

    @property
    def total_rows(self) -> int:
        """Rows of the kernel, n = Σ_t n_t."""
        return sum(self.rows)

    @property
    def channel_rows(self) -> int:
        """Rows of the factors, m = Σ_t n_t C_t: every point once per derivative channel."""
        return sum(n * channels for n, channels in zip(self.rows, self.channels, strict=True))

    @property
    def step(self) -> "Workload":
        """The run as one step sees it: with the rows of a batch."""
        return dataclasses.replace(self, rows=self.way.rows) if self.way.rows else self

    @cached_property
    def maps(self) -> tuple[Map, ...]:
        """The linear maps: 1 + encoders of the coordinates, L - 1 hidden ones, and the output."""
        m, width = self.channel_rows, self.width
        first = Map(self.inputs, width, self._rows_of(self.linear), m, m, is_first=True)
        hidden = Map(width, width, m, m, m, is_first=False)
        last = Map(width, self.outputs, m, self._rows_of(self.reads), m, is_first=False)
        return (first,) * (1 + self.encoders) + (hidden,) * (self.depth - 1) + (last,)

    def _rows_of(self, channels: tuple[int, ...]) -> int:
        return sum(n * some for n, some in zip(self.rows, channels, strict=True))

    @property
    def parameters(self) -> int:
        """Trainable numbers, P = (d + 1) N (1 + encoders) + (L - 1) (N + 1) N + (N + 1) f."""
        entry = (self.inputs + 1) * self.width * (1 + self.encoders)
        return entry + (self.depth - 1) * (self.width + 1) * self.width + (self.width + 1) * self.outputs


def workload(configuration: Configuration, counts: dict[str, int], outline: Outline) -> Workload:
    """What one run of a cell with this configuration consists of."""
    network, training = configuration.network, configuration.training
    return Workload(
        rows=tuple(counts.values()),
        channels=tuple(outline.channels[term] for term in counts),
        linear=tuple(outline.inputs[term] for term in counts),
        reads=tuple(outline.reads[term] for term in counts),
        width=network.width,
        depth=network.depth,
        encoders=2 if network.architecture == "modified_mlp" else 0,
        inputs=len(outline.coordinates),
        outputs=len(outline.fields),
        tile=configuration.kernel.tile,
        records=1 if training is None else len(training.record),
        steps=0 if training is None else training.steps,
        itemsize=ITEMSIZE[configuration.kernel.precision],
        dense=configuration.kernel.spectrum == "full",
        parts=1 + len(layers(network, configuration.kernel.summands)),
        limit=_limit(configuration, outline),
        draws=configuration.limit.draws,
        compared=configuration.points.compared if outline.has_solution else 0,
        evaluated=outline.compared,
        way=_way(configuration, counts),
    )


def _way(configuration: Configuration, counts: dict[str, int]) -> Way:
    training, optimizer, weighting = configuration.training, configuration.optimizer, configuration.weighting
    if training is None:
        return _GRADIENT_DESCENT
    batch = configuration.batch.rows
    is_damped = training.optimizer == "levenberg_marquardt"
    return Way(
        optimizer=training.optimizer,
        pairs=optimizer.pairs if training.optimizer == "lbfgs" else 0,
        iterations=optimizer.iterations if is_damped and optimizer.solver == "cg" else 0,
        weighting=training.weighting,
        every=weighting.every or methods.EVERY.get(training.weighting, 1),
        rows=tuple((counts | batch).values()) if batch else (),
        itemsize=ITEMSIZE[training.precision],
    )


def _limit(configuration: Configuration, outline: Outline) -> Literal["none", "fixed", "random"]:
    if not configuration.limit.compare:
        return "none"
    return "fixed" if outline.is_linear else "random"
