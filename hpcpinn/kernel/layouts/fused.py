"""Kernels of few panels in one program: factors, blocks and their mirror images of every network.

A kernel of 128 rows at N = 16 is a tenth of a millisecond of work. Called panel by panel and block by block it took
5 ms.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.case import Case
from hpcpinn.kernel.devices import Devices
from hpcpinn.kernel.factors import Factors
from hpcpinn.kernel.layouts import networks
from hpcpinn.kernel.layouts.layout import Tile, dtype_of, strips_of
from hpcpinn.kernel.layouts.networks import Program
from hpcpinn.kernel.layouts.seeds import Seeds
from hpcpinn.model.networks.network import Params
from hpcpinn.model.points import Points
from hpcpinn.plan.panels import Panel, shapes

# With more the program grows, by the blocks, and takes longer to compile than to call: 10 blocks with 4 panels.
_MOST = 4


@dataclass(frozen=True)
class _Cut:
    """The panels of a program: term and rows of each, in the order of the kernel."""

    terms: tuple[str, ...]
    rows: tuple[int, ...]


def fits(of_tiles: Sequence[Sequence[Panel]]) -> bool:
    """Whether a kernel is one tile of few panels."""
    return len(of_tiles) == 1 and len(of_tiles[0]) <= _MOST


def tile(layout: Seeds, points: Points, panels: Sequence[Panel]) -> Tile:
    """The only tile of the kernels of all networks."""
    of_term = shapes([panels])
    cut = _Cut(tuple(panel.term for panel in panels), tuple(len(panel.rows) for panel in panels))
    x = tuple(strips_of(points[panel.term], panel, of_term[panel.term]) for panel in panels)
    array = _kernels(layout.devices, layout.case, cut)(layout.networks, x)
    rows = range(sum(cut.rows))
    return Tile(rows, rows, layout.networks.read(layout.devices.gather(array)))


@functools.lru_cache(maxsize=256)
def _kernels(devices: Devices, case: Case, cut: _Cut) -> Program:
    return networks.program(devices, functools.partial(_kernel, case, cut))


def _kernel(case: Case, cut: _Cut, x: tuple[Array, ...], params: Params) -> Float[Array, "part row row"]:
    dtype = dtype_of(params)
    of_panels = [
        factors.factors(case, term, params, some.astype(dtype)) for term, some in zip(cut.terms, x, strict=True)
    ]
    upper = jnp.concatenate([_row(case, cut, of_panels, k) for k in range(len(of_panels))], axis=1)
    return jnp.where(np.tri(upper.shape[-1], dtype=bool).T, upper, upper.swapaxes(1, 2))


def _row(case: Case, cut: _Cut, of_panels: Sequence[Factors], row: int) -> Float[Array, "part some row"]:
    """A row of blocks: zeros before the diagonal."""
    own, count = of_panels[row], cut.rows[row]
    others = (gram.pair(case, own, other) for other in of_panels[row + 1 :])
    blocks = [
        block[:, :count, :length]
        for block, length in zip((gram.diagonal(case, own), *others), cut.rows[row:], strict=True)
    ]
    before = jnp.zeros((len(case.parts), count, sum(cut.rows[:row])), blocks[0].dtype)
    return jnp.concatenate([before, *blocks], axis=2)
