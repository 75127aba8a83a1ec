"""What the kernels of a cell converge to as its networks widen, and what a study keeps of it."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from hpcpinn.kernel import blocks, threads
from hpcpinn.limit import rows
from hpcpinn.limit.kernel import limit_kernel
from hpcpinn.limit.scaling import scaling
from hpcpinn.model.problem import Problem
from hpcpinn.run.setup import Setup, setup
from hpcpinn.study.configuration import Configuration, Kernel
from hpcpinn.study.grid import Cell
from hpcpinn.study.study import Study

_PREFIX = "limit_"
_KERNEL = "limit_kernel"
# What `kernel.blocks.describe` tells of a kernel, and a study keeps of a limit.
_DESCRIBED = ("eigenvalue", "trace", "frobenius_norm", "spectral_norm")
# Of the limits of earlier cells: studies sweep widths and depths, and a few depths take turns.
_KEPT_BYTES = 2**26


@dataclass(frozen=True)
class _Known:
    """A limit, and the cells whose limit it is: all with this configuration but for width, training and kernel."""

    problem: Problem
    configuration: Configuration
    kernel: Float[np.ndarray, "row row"]


_known: list[_Known] = []


def limit_of(cell: Setup) -> Float[np.ndarray, "row row"] | None:
    """The limit of the kernels of this cell, times `scale`.

    None where kernels are not compared, or where the limit is random and has no distance. Computed once per process
    for all widths.
    """
    if not cell.configuration.limit.compare or rows.nonlinear_terms(cell.problem):
        return None
    return scale(cell) * _unscaled(cell)


def scale(cell: Setup) -> float:
    """What a kernel of this cell is divided by before it is compared with its limit."""
    return float(cell.network.width) if scaling(cell.network, len(cell.problem.coordinates)).per_width else 1.0


def described(study: Study, at: Cell, draws: int | None) -> dict[str, np.ndarray]:
    """The variables `limit_...` of a cell: of so many draws where the limit is random, with a leading axis of draws."""
    cell = setup(study.configuration(at), study.folder)
    counts = cell.points.counts
    if draws is None:
        kernel = _unscaled(cell)
        found = blocks.describe(kernel, counts)
        return {_KERNEL: kernel} | {_PREFIX + name: found[name] for name in _DESCRIBED}
    key = jax.random.key(cell.configuration.limit.seed)
    kernels = limit_kernel(cell.problem, cell.network, cell.points, key=key, draws=draws).values
    found = threads.described(lambda some: blocks.describe(some, counts), kernels)
    return {_PREFIX + name: found[name] for name in _DESCRIBED}


def _unscaled(cell: Setup) -> Float[np.ndarray, "row row"]:
    configuration = _without_width(cell.configuration)
    for known in _known:
        if (known.problem, known.configuration) == (cell.problem, configuration):
            return known.kernel
    kernel = limit_kernel(cell.problem, cell.network, cell.points).values
    _known.append(_Known(cell.problem, configuration, kernel))
    while len(_known) > 1 and sum(known.kernel.nbytes for known in _known) > _KEPT_BYTES:
        del _known[0]
    return kernel


def _without_width(configuration: Configuration) -> Configuration:
    network = configuration.network.model_copy(update={"width": 1})
    return configuration.model_copy(update={"network": network, "training": None, "kernel": Kernel()})
