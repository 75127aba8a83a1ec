"""Processes that put their devices together, on one machine or on many."""

import math
from collections.abc import Sequence

import jax
import numpy as np
from jax.experimental import multihost_utils

from hpcpinn import errors
from hpcpinn.kernel import rollcall
from hpcpinn.kernel.rollcall import Group

# Seconds that processes wait for each other: a queue may start the last one minutes after the first.
DEFAULT_TIMEOUT = 300.0


def join(
    coordinator: str, processes: int, rank: int, local: Sequence[int] | None = None, timeout: float = DEFAULT_TIMEOUT
) -> None:
    """Make this process one of a group whose devices work together; `every_device` then spans all of them.

    Every process calls this once, before anything else uses JAX, and then runs the same program on the same data.
    Nothing is taken from the environment of a scheduler. Processes on CPUs exchange through gloo, on GPUs through NCCL.

    Args:
        coordinator: host and port of rank 0, "host:port": a name or an address that every process reaches, and a port
            that is free there.
        processes: how many there are.
        rank: which of them this is, from 0.
        local: numbers of the accelerators that this process uses; all that it sees by default. How many devices a CPU
            is made into says JAX_NUM_CPU_DEVICES.
        timeout: seconds to wait for the others.

    Raises:
        DeviceError: a coordinator that is not "host:port" or cannot be reached, a rank that is out of range or taken,
            processes that do not come in time, or JAX in use already.
    """
    group = _group(coordinator, processes, rank)
    rollcall.call(group, timeout)
    try:
        jax.distributed.initialize(
            group.coordinator,
            processes,
            rank,
            local,
            cluster_detection_method="deactivate",
            initialization_timeout=math.ceil(timeout),
            coordinator_bind_address=f"{rollcall.any_address()}:{group.port}",
        )
        jax.devices()  # now: the number of devices of a process is settled when the others are told
    except RuntimeError as error:
        raise errors.DeviceError(
            f"rank {rank} cannot join the others at {coordinator}: {error} "
            "A process joins once, before anything else uses JAX."
        ) from error


def _group(coordinator: str, processes: int, rank: int) -> Group:
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise errors.DeviceError(
            f"`{coordinator}` is no coordinator; allowed: `host:port` of rank 0, with a port from 1 to {2**16 - 1}."
        )
    if processes < 1:
        raise errors.DeviceError(f"{processes} processes cannot be a group; allowed: 1 or more.")
    if not 0 <= rank < processes:
        raise errors.DeviceError(f"rank {rank} is none of {processes} processes; allowed: 0 to {processes - 1}.")
    return Group(host.removeprefix("[").removesuffix("]"), int(port), processes, rank)


def are_several() -> bool:
    """Whether this process works together with others."""
    return jax.process_count() > 1


def agree(number: int) -> int:
    """What rank 0 says, on all ranks, which have to ask at the same time."""
    return int(multihost_utils.broadcast_one_to_all(np.int32(number)))


def tell(text: str) -> str:
    """The text that rank 0 gives, on all ranks, which have to ask at the same time."""
    said = np.frombuffer(text.encode(), np.uint8)
    whole = np.zeros(agree(len(said)), np.uint8)
    whole[: len(said)] = said[: len(whole)]
    return bytes(np.asarray(multihost_utils.broadcast_one_to_all(whole))).decode() if len(whole) else ""
