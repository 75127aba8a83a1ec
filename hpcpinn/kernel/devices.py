"""Devices: the one home of meshes, `shard_map` and `pmap`.

A body is written once, for one device, and mapped over all of them: by `jax.shard_map` on a mesh, or by `jax.pmap`,
the older way, which gives the same bits. Either way a body sees the axis `AXIS` for its collectives, its own part of
what is split, and the whole of what is shared. A single device needs no mesh: the body is compiled as it is.
"""

import functools
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec, Sharding, SingleDeviceSharding

from hpcpinn import errors

AXIS = "device"
MAPPING = "HPCPINN_MAPPING"
Mapping = Literal["shard_map", "pmap"]
MAPPINGS: tuple[Mapping, ...] = ("shard_map", "pmap")

# (shared arguments, split arguments) -> results, for one device
Body = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Devices:
    """The devices that work on one kernel together, of all processes of a `jax.distributed` group.

    Attributes:
        devices: in the order in which parts are dealt out.
        mapping: "shard_map" or "pmap".
    """

    devices: tuple[jax.Device, ...]  # pyright: ignore[reportInvalidTypeForm]  # JAX defines it by an assignment
    mapping: Mapping = "shard_map"

    def __len__(self) -> int:
        """How many there are."""
        return len(self.devices)

    @property
    def axis(self) -> str | None:
        """The name of the axis that a body sees; None for a single device."""
        return AXIS if len(self) > 1 else None

    def program(self, body: Body) -> Body:
        """Compile a body for these devices; split arguments and all results have a leading axis, one part per device.

        Keep the program: a second call with the same body compiles again.
        """
        return self._compiled(body, splits=1)

    def replacing(self, body: Body) -> Body:
        """Compile a body of a pair of split arguments whose results take the place of the first one, in its memory.

        What was there before is gone.
        """
        compiled = self._compiled(lambda shared, *split: body(shared, split), splits=2, donate_argnums=1)
        return lambda shared, split: compiled(shared, *split)

    def _compiled(self, body: Callable[..., Any], splits: int, **donated: Any) -> Callable[..., Any]:
        if len(self) == 1:
            return jax.jit(lambda shared, *split: _alone(body, shared, *split), **donated)
        if self.mapping == "pmap":
            axes = (None, *(0,) * splits)
            return jax.pmap(body, axis_name=AXIS, in_axes=axes, devices=list(self.devices), **donated)
        specs = (PartitionSpec(), *(PartitionSpec(AXIS),) * splits)
        local = functools.partial(_alone, body)
        mapped = jax.shard_map(local, mesh=self.mesh, in_specs=specs, out_specs=PartitionSpec(AXIS), check_vma=False)
        return jax.jit(mapped, **donated)

    def exchange(self, body: Body) -> Body:
        """Compile a body that talks to other devices.

        On a CPU every call is waited for: two such programs in flight share one pool of threads, and with 8 virtual
        devices on 2 cores each waited for threads that the other one held.
        """
        program = self.program(body)
        if self.devices[0].platform != "cpu":
            return program
        return lambda shared, split: jax.block_until_ready(program(shared, split))

    @property
    def mesh(self) -> Mesh:
        """The devices in a row."""
        return Mesh(np.array(self.devices), (AXIS,))

    def share(self, tree: Any) -> Any:
        """Put the same arrays on every device."""
        if len(self) == 1:
            return self._alone(tree)
        return jax.tree.map(lambda leaf: self._placed(leaf, PartitionSpec()), tree)

    def split(self, tree: Any) -> Any:
        """Put the k-th part of every array, along its leading axis, on the k-th device."""
        if len(self) == 1:
            return self._alone(tree)
        return jax.tree.map(lambda leaf: self._placed(leaf, PartitionSpec(AXIS)), tree)

    def _alone(self, tree: Any) -> Any:
        """On the default device a program takes arrays as they are; putting them there first takes 0.2 ms."""
        return tree if self.devices[0] == jax.local_devices()[0] else jax.device_put(tree, self.devices[0])

    def partitioned(self, make: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
        """Compile a function of NumPy arrays whose first result is shared and whose second one is split.

        The compiler partitions the program: a device computes its own part of what is split, and nothing else of it.
        """
        specs = (PartitionSpec(), PartitionSpec(AXIS))
        program = jax.jit(make, out_shardings=tuple(self._sharding(spec) for spec in specs))

        def placed(*arguments: Any) -> tuple[Any, Any]:
            shared, split = (
                jax.tree.map(functools.partial(self._seen, spec=spec), tree)
                for spec, tree in zip(specs, program(*arguments), strict=True)
            )
            return shared, split

        return placed

    def gather(self, array: jax.Array) -> np.ndarray:
        """All parts of a result, on every process."""
        if jax.process_count() == 1 or len(self) == 1:
            return np.asarray(array)
        if self.mapping == "pmap":
            sharding = NamedSharding(self.mesh, PartitionSpec(AXIS))
            array = _joined(array, (len(self), *array.shape[1:]), sharding)
        return np.asarray(multihost_utils.process_allgather(array, tiled=True))

    def _placed(self, leaf: Any, spec: PartitionSpec) -> jax.Array:
        sharding = self._sharding(spec)
        if jax.process_count() == 1 or len(self) == 1:
            return jax.device_put(leaf, sharding)
        whole = np.asarray(leaf)
        return self._seen(jax.make_array_from_callback(whole.shape, sharding, lambda part: whole[part]), spec)

    def _sharding(self, spec: PartitionSpec) -> Sharding:
        return SingleDeviceSharding(self.devices[0]) if len(self) == 1 else NamedSharding(self.mesh, spec)

    def _seen(self, array: jax.Array, spec: PartitionSpec) -> jax.Array:
        """An array as programs of this mapping take it: `pmap` sees what this process holds, and nothing else."""
        if self.mapping != "pmap" or jax.process_count() == 1 or len(self) == 1:
            return array
        local = self.mesh.local_mesh
        shape = (local.size, *array.shape[1:]) if spec else array.shape
        return _joined(array, shape, NamedSharding(local, spec))


def _joined(array: jax.Array, shape: tuple[int, ...], sharding: Sharding) -> jax.Array:
    """The parts that this process holds of an array as an array of another extent, without a copy."""
    parts = [shard.data for shard in array.addressable_shards]
    return jax.make_array_from_single_device_arrays(shape, sharding, parts)


def unread(array: jax.Array) -> jax.Array:
    """The same array as another object: JAX keeps a host copy of what was read of an array for as long as that lives.

    Trained parameters of 34 MiB, read at step 0 and again later, took 70 MiB more than it takes to read them.
    """
    return _joined(array, array.shape, array.sharding)


def _alone(body: Callable[..., Any], shared: Any, *split: Any) -> Any:
    """The body on parts that still have their leading axis, of length one."""
    result = body(shared, *jax.tree.map(lambda leaf: leaf[0], split))
    return jax.tree.map(lambda leaf: leaf[None], result)


def every_device(mapping: str = "shard_map") -> Devices:
    """All devices, those of other processes included, in the order of processes.

    Raises:
        DeviceError: a mapping that does not exist, or `pmap` over processes with different numbers of devices.
    """
    if mapping not in MAPPINGS:
        raise errors.DeviceError(
            f"`{mapping}` is no way of mapping a program over devices; {errors.nearest(mapping, MAPPINGS)}"
        )
    devices = tuple(jax.devices())
    counts = Counter(device.process_index for device in devices)
    if mapping == "pmap" and len(set(counts.values())) > 1:
        raise errors.DeviceError(
            f"`pmap` cannot map a program over processes with {', '.join(map(str, counts.values()))} devices; "
            "allowed: the same number in each. Use `shard_map`, or give every process as many devices."
        )
    return Devices(devices, mapping)


def mapping() -> Mapping:
    """The mapping that the environment asks for in HPCPINN_MAPPING; "shard_map" by default."""
    return os.environ.get(MAPPING, "shard_map")  # pyright: ignore[reportReturnType]: `every_device` refuses others


def first_device() -> Devices:
    """One device of this process."""
    return Devices((jax.local_devices()[0],))
