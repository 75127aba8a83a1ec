"""A single network, wide enough to keep all devices busy with its kernel."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from hpcpinn.kernel.case import Case
from hpcpinn.kernel.devices import Devices
from hpcpinn.kernel.layouts.networks import Function
from hpcpinn.kernel.layouts.rows import Exchange, Replicated, Rows


@dataclass(frozen=True)
class Single:
    """One network: its functions run on the first device, the rows of its kernel on all of them.

    Attributes:
        devices: those that share the rows.
        exchange: how column factors come by, "ring" or "gather".
    """

    devices: Devices
    exchange: Exchange = "ring"

    @property
    def count(self) -> int:
        """One."""
        return 1

    def deal(self, tree: Any) -> Any:
        """The arrays of the only network."""
        return jax.tree.map(lambda leaf: leaf[0], tree)

    def alone(self, tree: Any) -> Any:
        """The arrays as they are."""
        return tree

    def map(self, function: Function, shared: Any, own: Any) -> Any:
        """The function, compiled."""
        return _program(function)(shared, own)

    def replace(self, function: Function, shared: Any, own: Any, beside: Any) -> Any:
        """The function, compiled; its result is put where `own` was."""
        return _replacement(function)(shared, own, beside)

    def read(self, own: Any) -> Any:
        """The result of the only network."""
        return jax.tree.map(lambda leaf: np.asarray(leaf)[None], own)

    def layout(self, case: Case, params: Any) -> Rows:
        """Rows over devices."""
        return Rows(case, self.devices, Replicated(case, self.devices, self.devices.share(params)), self.exchange)


@functools.lru_cache(maxsize=64)
def _program(function: Function) -> Callable[[Any, Any], Any]:
    return jax.jit(lambda shared, own: function(shared, own))


@functools.lru_cache(maxsize=64)
def _replacement(function: Function) -> Callable[[Any, Any, Any], Any]:
    return jax.jit(lambda shared, own, beside: function(shared, (own, beside)), donate_argnums=1)
