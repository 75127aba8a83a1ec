"""Seeds over devices: many small networks of one shape in one program.

One virtual device per core makes the cores of a CPU work on different networks, which small products do not.
"""

import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
from jaxtyping import Array, Float

from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.case import Case
from hpcpinn.kernel.devices import Devices
from hpcpinn.kernel.factors import Factors
from hpcpinn.kernel.layouts import networks
from hpcpinn.kernel.layouts.layout import Block, Points, dtype_of
from hpcpinn.kernel.layouts.networks import Networks, Program
from hpcpinn.model.networks.network import Params


@dataclass(frozen=True)
class Batch:
    """One block of every network."""

    devices: Devices
    networks: Networks
    array: jax.Array

    def blocks(self) -> Iterator[tuple[int, int, Block]]:
        """Wait for the block and read it."""
        yield 0, 0, self.networks.read(self.devices.gather(self.array))


@dataclass(frozen=True)
class Seeds:
    """The kernels of several networks.

    Attributes:
        case: what the kernels are of.
        devices: those that share the networks.
        networks: their parameters.
    """

    case: Case
    devices: Devices
    networks: Networks

    @property
    def group(self) -> int:
        """One panel after the other, for all networks."""
        return 1

    def factors(self, term: str, x: Points) -> Any:
        """The factors of one panel for every network."""
        return _factors(self.devices, self.case, term)(self.networks, x[0])

    def blocks(self, rows: Any, cols: Any, same: bool) -> Iterator[Batch]:
        """The block between two panels for every network."""
        of_networks = dataclasses.replace(self.networks, tree=rows if same else (rows, cols))
        array = _blocks(self.devices, self.case, same)(of_networks, None)
        yield Batch(self.devices, self.networks, array)


@functools.lru_cache(maxsize=256)
def _factors(devices: Devices, case: Case, term: str) -> Program:
    return networks.program(devices, functools.partial(_of_network, case, term))


def _of_network(case: Case, term: str, x: Float[Array, "strip row coordinate"], params: Params) -> Factors:
    return factors.factors(case, term, params, x.astype(dtype_of(params)))


@functools.lru_cache(maxsize=256)
def _blocks(devices: Devices, case: Case, same: bool) -> Program:
    def one(_: None, panels: Any) -> Float[Array, "part row col"]:
        return gram.diagonal(case, panels) if same else gram.pair(case, *panels)

    return networks.program(devices, one)
