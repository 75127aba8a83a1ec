"""Several small networks, dealt out to devices."""

import functools
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from hpcpinn.kernel.case import Case
from hpcpinn.kernel.devices import Devices
from hpcpinn.kernel.layouts import networks
from hpcpinn.kernel.layouts.networks import Alone, Function, Networks, Program, Replacement
from hpcpinn.kernel.layouts.seeds import Seeds


@dataclass(frozen=True)
class Several:
    """Networks side by side: every function is mapped over them, every device has its share.

    Attributes:
        devices: those that share the networks, at most one per network.
        count: how many networks there are.
    """

    devices: Devices
    count: int

    def deal(self, tree: Any) -> Any:
        """The arrays of every network on its device."""
        return networks.deal(self.devices, tree).tree

    def alone(self, tree: Any) -> Any:
        """The arrays of a network that has nobody beside it."""
        return networks.deal_one(self.devices, tree).tree

    def map(self, function: Function, shared: Any, own: Any) -> Any:
        """The function, mapped."""
        return _program(self.devices, function)(self._networks(own), shared)

    def replace(self, function: Function, shared: Any, own: Any, beside: Any) -> Any:
        """The function, mapped; its results are put where `own` was."""
        return _replacement(self.devices, function)(self._networks(own), beside, shared)

    def read(self, own: Any) -> Any:
        """The results of all networks in their order."""
        if isinstance(own, Alone):
            return jax.tree.map(lambda leaf: np.asarray(leaf)[None], own.first)
        return jax.tree.map(lambda leaf: self._networks(leaf).read(self.devices.gather(leaf)), own)

    def layout(self, case: Case, params: Any) -> Seeds:
        """Seeds over devices."""
        return Seeds(case, self.devices, self._networks(params))

    def _networks(self, tree: Any) -> Networks:
        return Networks(tree, self.count, networks.share(self.count, self.devices))


@functools.lru_cache(maxsize=64)
def _program(devices: Devices, function: Function) -> Program:
    return networks.program(devices, function)


@functools.lru_cache(maxsize=64)
def _replacement(devices: Devices, function: Function) -> Replacement:
    return networks.replacement(devices, function)
