"""What is seen of the kernels of an ensemble at one recorded step, as they come tile by tile."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped

from hpcpinn.kernel import assembly, blocks, threads
from hpcpinn.kernel.case import TOTAL, Case, case
from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.kernel.lanczos import spectral_norm
from hpcpinn.kernel.layouts.layout import Tile
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Params
from hpcpinn.model.points import Points
from hpcpinn.plan.layers import layers
from hpcpinn.run import moments
from hpcpinn.run.checkpoint import Record
from hpcpinn.run.moments import Moments
from hpcpinn.run.setup import Setup
from hpcpinn.training import drift, stability
from hpcpinn.training.linearized import Linearized, linearized

# Takes every tile as soon as it is there.
Sink = Callable[[Tile], None]


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

    def edges(self, weights: Float[np.ndarray, "network row"]) -> Float[np.ndarray, " network"]:
        """The stability edges of gradient descent on losses with these row weights."""
        ...

    @property
    def count(self) -> int:
        """How many networks there are."""
        ...


def held(of: Observation) -> "Whole":
    """An observation of kernels that are held in memory, where the study made sure that they are."""
    assert isinstance(of, Whole)
    return of


@dataclass(frozen=True)
class Whole:
    """Kernels that are held in memory, as dense spectra need them."""

    cell: Setup
    kernels: Shaped[np.ndarray, "network row row"]

    def describe(self) -> Record:
        """Spectra and norms of every block, networks side by side in threads."""
        counts = self.cell.points.counts
        return threads.described(lambda kernels: blocks.describe(kernels, counts), self.kernels)

    def drift(self, first: Observation) -> Float[np.ndarray, " network"]:
        """Distance in the Frobenius norm."""
        pairs = zip(self.kernels, held(first).kernels, strict=True)
        return np.array([drift.of_kernel(now, then) for now, then in pairs])

    def distance(self, limit: Float[np.ndarray, "row row"]) -> Float[np.ndarray, " network"]:
        """Distance from one kernel, relative to it, in the Frobenius norm."""
        return np.array([drift.of_kernel(kernel, limit) for kernel in self.kernels])

    def linearized(self, weights: Float[np.ndarray, " row"]) -> list[Linearized]:
        """The dynamics under every kernel, of a loss with these row weights."""
        return threads.each(lambda kernel: linearized(kernel, weights), self.kernels)

    def edges(self, weights: Float[np.ndarray, "network row"]) -> Float[np.ndarray, " network"]:
        """The edge of every kernel."""
        return np.array(threads.each(stability.edge, self.kernels, weights))

    @property
    def count(self) -> int:
        """How many kernels there are."""
        return len(self.kernels)


@dataclass(frozen=True)
class Streamed:
    """Kernels of which only sums are kept: for more rows than a dense spectrum can have.

    Spectral norms and edges come from products with the kernel, which need no kernel, and the drift from both kernels
    computed side by side.
    """

    cell: Setup
    ensemble: Ensemble
    params: Any
    moments: Moments

    def describe(self) -> Record:
        """Norms of every block, no spectra."""
        kernel, points = self.cell.configuration.kernel, self.cell.points
        parts = [points, *(points.of_term(term) for term in points.counts)]
        norms = np.stack([self._largest(part) for part in parts], axis=1)
        sizes = np.array([len(part.all) for part in parts])
        return {
            "noise_floor": sizes * np.finfo(precision.DTYPES[kernel.precision]).eps * norms,
            "trace": self.moments.trace,
            "frobenius_norm": self.moments.frobenius_norm,
            "spectral_norm": norms,
        }

    def drift(self, first: Observation) -> Float[np.ndarray, " network"]:
        """Distance in the Frobenius norm, tile by tile."""
        assert isinstance(first, Streamed)
        if first is self:
            return np.zeros(self.ensemble.count)
        squares = np.zeros(self.ensemble.count)
        for now, then in zip(self._tiles(), first._tiles(), strict=True):
            twice = 1 if now.rows == now.cols else 2
            squares += twice * moments.distance(now.values[:, 0], then.values[:, 0])
        return np.sqrt(squares) / first.moments.frobenius_norm[:, 0]

    def edges(self, weights: Float[np.ndarray, "network row"]) -> Float[np.ndarray, " network"]:
        """The edge of every kernel, see `training.stability.edge`."""
        return 1 / self._largest(self.cell.points, weights)

    @property
    def count(self) -> int:
        """How many networks there are."""
        return self.ensemble.count

    def _tiles(self) -> Iterator[Tile]:
        return tiles(self.cell, self.ensemble, self.params)

    def _largest(
        self, points: Points, weights: Float[np.ndarray, "network row"] | None = None
    ) -> Float[np.ndarray, " network"]:
        cell, networks = self.cell, jax.tree.map(jnp.asarray, self.ensemble.read(self.params))
        each = (jax.tree.map(lambda leaf, k=k: leaf[k], networks) for k in range(self.count))
        own = itertools.repeat(None) if weights is None else weights
        pairs = zip(each, own, strict=False)  # `repeat` has no end
        return np.array([spectral_norm(cell.problem, cell.network, one, points, of_rows) for one, of_rows in pairs])


def observe(cell: Setup, ensemble: Ensemble, params: Any, sink: Sink) -> Observation:
    """Compute the kernels of all networks, hand every tile to the sink, and keep what is needed of them."""
    low = _rounded(cell, ensemble, params)
    stream = _handed_on(tiles(cell, ensemble, low), sink)
    if cell.configuration.kernel.spectrum == "full":
        return Whole(cell, assembly.whole(stream, len(cell.points.all), part=0))
    seen = Moments(cell.points.counts, ensemble.count)
    for tile in stream:
        seen.add(tile)
    return Streamed(cell, ensemble, low, seen)


def _rounded(cell: Setup, ensemble: Ensemble, params: Any) -> Any:
    """The parameters in the precision of the kernel; themselves if they are, since a program would copy them."""
    dtype = precision.DTYPES[cell.configuration.kernel.precision]
    if jax.tree.leaves(params)[0].dtype == dtype:
        return params
    return ensemble.map(Cast(dtype), (), params)


def tiles(cell: Setup, ensemble: Ensemble, low: Any) -> Iterator[Tile]:
    """The tiles of the kernels of networks with parameters in the precision of the study."""
    return assembly.tiles(ensemble.layout(case_of(cell), low), cell.points, cell.configuration.kernel.tile)


def case_of(cell: Setup) -> Case:
    """What the kernels of a cell are of, and which of their parts are wanted."""
    counts = cell.points.counts
    wanted = layers(cell.configuration.network, cell.configuration.kernel.summands)
    return case(cell.problem, cell.network, counts, (TOTAL, *wanted))


def _handed_on(stream: Iterable[Tile], sink: Sink) -> Iterator[Tile]:
    for tile in stream:
        sink(tile)
        yield tile
