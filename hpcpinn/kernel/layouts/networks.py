"""Networks of one shape, dealt out to devices, and a function applied to every one of them.

A device does its networks one after another inside the program on a CPU, where a batched product is slower than its
parts (0.4 of the throughput at N = 64), and side by side (`vmap`) elsewhere.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from hpcpinn.kernel.devices import Devices

# A loop over a single network is unrolled by the compiler, and its last bits then differ from those of a longer one.
_FEWEST = 2


@dataclass(frozen=True)
class Networks:
    """Arrays of several networks, of the shape (device, slot, ...); the last slots may be empty.

    Attributes:
        tree: the arrays, on their devices.
        count: how many networks there are.
        each: how many of its slots a device has to do.
    """

    tree: Any
    count: int
    each: int

    def read(self, values: np.ndarray) -> np.ndarray:
        """Results of the shape (device, slot, ...) network by network."""
        return values[:, : self.each].reshape(-1, *values.shape[2:])[: self.count]


def share(count: int, devices: Devices) -> int:
    """How many of `count` networks a device has to do."""
    return math.ceil(count / len(devices))


def deal(devices: Devices, tree: Any) -> Networks:
    """Deal out arrays with a leading axis of networks; empty slots repeat the last network."""
    count = len(jax.tree.leaves(tree)[0])
    each = share(count, devices)
    slots = max(each, _FEWEST)
    place = np.minimum(np.arange(len(devices))[:, None] * each + np.minimum(np.arange(slots), each - 1), count - 1)
    return Networks(devices.split(jax.tree.map(lambda leaf: leaf[place], tree)), count, each)


def apply(devices: Devices, one: Callable[[Any], Any], each: Int[jax.Array, ""], many: Any) -> Any:
    """Apply a function to the first `each` networks of a device, in the way that suits it; the others give zeros."""
    if devices.devices[0].platform != "cpu":
        return jax.vmap(one)(many)
    slots = len(jax.tree.leaves(many)[0])

    def network(k: Int[jax.Array, ""]) -> Any:
        return jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, k, keepdims=False), many)

    def step(k: Int[jax.Array, ""], results: Any) -> Any:
        return jax.tree.map(lambda whole, part: whole.at[k].set(part), results, one(network(k)))

    shapes = jax.eval_shape(one, jax.eval_shape(lambda: jax.tree.map(lambda leaf: leaf[0], many)))
    start = jax.tree.map(lambda shape: jnp.zeros((slots, *shape.shape), shape.dtype), shapes)
    return jax.lax.fori_loop(0, each, step, start)
