"""Networks of one shape, dealt out to devices, and a function applied to every one of them.

A device does its networks one after another inside the program on a CPU, where a batched product is slower than its
parts (0.4 of the throughput at N = 64), and side by side (`vmap`) elsewhere.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from hpcpinn.kernel.devices import Devices

# (what all networks share, what each has of its own) -> a result of each; hashable, since its program is kept by it.
Function = Callable[[Any, Any], Any]

# A loop over a single network is unrolled by the compiler, and its last bits then differ from those of a longer one.
_FEWEST = 2


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Alone:
    """The arrays of the only network of a single device, twice: the program that uses them puts them into two slots.

    The compiler cannot know that both are the same. A program of its own for the slots took 0.1 of the 0.6 ms of a
    kernel of 128 rows at N = 16.
    """

    first: Any
    second: Any

    def slots(self) -> Any:
        """Both, in slots."""
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), self.first, self.second)


@dataclass(frozen=True)
class Networks:
    """Arrays of several networks, of the shape (device, slot, ...); the last slots may be empty.

    Attributes:
        tree: the arrays, on their devices; `Alone` for a single network on a single device.
        count: how many networks there are.
        each: how many of its slots a device has to do.
    """

    tree: Any
    count: int
    each: int

    def read(self, values: np.ndarray) -> np.ndarray:
        """Results of the shape (device, slot, ...) network by network."""
        return values[:, : self.each].reshape(-1, *values.shape[2:])[: self.count]


# (networks, what they share) -> results of the shape (device, slot, ...)
Program = Callable[[Networks, Any], Any]

# (networks to be replaced, what lies beside them, what they share) -> what takes their place
Replacement = Callable[[Networks, Any, Any], Any]


def share(count: int, devices: Devices) -> int:
    """How many of `count` networks a device has to do."""
    return math.ceil(count / len(devices))


def deal(devices: Devices, tree: Any) -> Networks:
    """Deal out arrays with a leading axis of networks; slots without one repeat a network that has been dealt out."""
    count = len(jax.tree.leaves(tree)[0])
    each = share(count, devices)
    return Networks(devices.split(_in_slots(tree, len(devices), each)), count, each)


# One program for all arrays: array by array it took 3 ms for a network of three layers.
@functools.partial(jax.jit, static_argnums=(1, 2))
def _in_slots(tree: Any, devices: int, each: int) -> Any:
    last = len(jax.tree.leaves(tree)[0]) - 1
    slots = np.minimum(np.arange(max(each, _FEWEST)), each - 1)
    place = np.minimum(np.arange(devices)[:, None] * each + slots, last)
    return jax.tree.map(lambda leaf: leaf[place], tree)


def deal_one(devices: Devices, tree: Any) -> Networks:
    """Deal out the arrays of a single network, without a leading axis."""
    if len(devices) == 1:
        return Networks(Alone(tree, tree), 1, 1)
    return deal(devices, jax.tree.map(lambda leaf: leaf[None], tree))


def program(devices: Devices, function: Function) -> Program:
    """Compile a function of what networks share and of what one has of its own for the networks of these devices."""

    def body(arguments: Any, slots: Any) -> Any:
        each, alone, shared = arguments
        return apply(devices, functools.partial(function, shared), each, alone.slots() if alone else slots)

    compiled = devices.program(body)

    def of(networks: Networks, shared: Any) -> Any:
        alone, slots = (networks.tree, None) if isinstance(networks.tree, Alone) else (None, networks.tree)
        return compiled(devices.share((np.int32(networks.each), alone, shared)), slots)

    return of


def replacement(devices: Devices, function: Function) -> Replacement:
    """Compile a function whose result takes the place of the first of two things that a network has of its own."""

    def body(arguments: Any, slots: tuple[Any, Any]) -> Any:
        each, shared = arguments
        return _replace(devices, functools.partial(function, shared), each, *slots)

    compiled = devices.replacing(body)

    def of(networks: Networks, beside: Any, shared: Any) -> Any:
        return compiled(devices.share((np.int32(networks.each), shared)), (networks.tree, beside))

    return of


def apply(devices: Devices, one: Callable[[Any], Any], each: Int[jax.Array, ""], many: Any) -> Any:
    """Apply a function to the first `each` networks of a device, in the way that suits it; the others give zeros."""
    if devices.devices[0].platform != "cpu":
        return jax.vmap(one)(many)
    slots = len(jax.tree.leaves(many)[0])
    structure = []

    def leaves(k: Int[jax.Array, ""] | int) -> list[jax.Array]:
        found, structure[:] = _flat(one(_slot(many, k)))
        return found

    def step(k: Int[jax.Array, ""] | int, results: list[jax.Array]) -> list[jax.Array]:
        return _filled(results, k, leaves(k))

    shapes = jax.eval_shape(leaves, jnp.int32(0))
    start = [jnp.zeros((slots, *shape.shape), shape.dtype) for shape in shapes]
    return jax.tree.unflatten(structure[0], jax.lax.fori_loop(0, each, step, start))


def _replace(devices: Devices, one: Callable[[Any], Any], each: Int[jax.Array, ""], many: Any, beside: Any) -> Any:
    """The same for a function of two things whose result takes the place of the first, slot by slot in its memory."""
    if devices.devices[0].platform != "cpu":
        return jax.vmap(lambda *own: one(own))(many, beside)

    def step(k: Int[jax.Array, ""] | int, now: Any) -> Any:
        return _filled(now, k, one((_slot(now, k), _slot(beside, k))))

    return jax.lax.fori_loop(0, each, step, many)


def _slot(many: Any, k: Int[jax.Array, ""] | int) -> Any:
    return jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, k, keepdims=False), many)


def _filled(many: Any, k: Int[jax.Array, ""] | int, one: Any) -> Any:
    return jax.tree.map(lambda whole, part: jax.lax.dynamic_update_index_in_dim(whole, part, k, axis=0), many, one)


def _flat(tree: Any) -> tuple[list[jax.Array], list[Any]]:
    leaves, structure = jax.tree.flatten(tree)
    return leaves, [structure]
