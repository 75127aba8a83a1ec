"""What is seen of the kernels of an ensemble at one recorded step, as they come tile by tile."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Array, Float, Shaped

from hpcpinn.kernel import assembly, blocks, spectrum
from hpcpinn.kernel.assembly import Tile
from hpcpinn.kernel.case import Case, case
from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Params
from hpcpinn.run.setup import Setup
from hpcpinn.training import drift, stability

# Takes every tile as soon as it is there.
Sink = Callable[[Tile], None]
Record = dict[str, np.ndarray]


@dataclass(frozen=True)
class Cast:
    """Parameters in another precision, to be mapped over networks."""

    dtype: np.dtype

    def __call__(self, _: object, params: Params) -> Params:
        """The same parameters, rounded."""
        return jax.tree.map(lambda leaf: leaf.astype(self.dtype), params)


@runtime_checkable
class Observation(Protocol):
    """The kernels of all networks at one step; every result has a leading axis of networks."""

    def describe(self) -> Record:
        """Spectra where they are wanted, and norms."""
        ...

    def drift(self, first: "Observation") -> Float[np.ndarray, " network"]:
        """Distance from the first observation."""
        ...

    def edges(self, weights: Float[np.ndarray, " row"]) -> Float[np.ndarray, " network"]:
        """The stability edge of gradient descent on a loss with these row weights."""
        ...


@dataclass(frozen=True)
class Whole:
    """Kernels that are held in memory, as dense spectra need them."""

    cell: Setup
    kernels: Shaped[np.ndarray, "network row row"]

    def describe(self) -> Record:
        """Spectra and norms of every block, networks side by side in threads."""
        counts = self.cell.points.counts
        found = _in_threads(lambda kernel: blocks.describe(kernel, counts), self.kernels)
        return {name: np.stack([one[name] for one in found]) for name in found[0]}

    def drift(self, first: Observation) -> Float[np.ndarray, " network"]:
        """Distance in the Frobenius norm."""
        assert isinstance(first, Whole)
        pairs = zip(self.kernels, first.kernels, strict=True)
        return np.array([drift.of_kernel(now, then) for now, then in pairs])

    def edges(self, weights: Float[np.ndarray, " row"]) -> Float[np.ndarray, " network"]:
        """The edge of every kernel."""
        return np.array(_in_threads(lambda kernel: stability.edge(kernel, weights), self.kernels))


def observe(cell: Setup, ensemble: Ensemble, params: Array, sink: Sink) -> Observation:
    """Compute the kernels of all networks, hand every tile to the sink, and keep what is needed of them."""
    stream = tiles(cell, ensemble, params)
    return Whole(cell, assembly.whole(_handed_on(stream, sink), len(cell.points.all))[:, 0])


def tiles(cell: Setup, ensemble: Ensemble, params: Array) -> Iterator[Tile]:
    """The tiles of the kernels in the precision of the study; training itself is always in float64."""
    kernel = cell.configuration.kernel
    low = ensemble.map(Cast(precision.DTYPES[kernel.precision]), (), params)
    return assembly.tiles(ensemble.layout(case_of(cell), low), cell.points, kernel.tile)


def case_of(cell: Setup) -> Case:
    """What the kernels of a cell are of."""
    return case(cell.problem, cell.network, cell.points.counts)


def _handed_on(stream: Iterable[Tile], sink: Sink) -> Iterator[Tile]:
    for tile in stream:
        sink(tile)
        yield tile


def _in_threads(function: Callable[[np.ndarray], object], kernels: np.ndarray) -> list:
    if len(kernels) == 1:
        return [function(kernels[0])]
    with spectrum.threads(kernels.shape[-1]), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, kernels))
