"""A kernel is the same to the last bit in one process and in several that have joined, each with its own devices."""

import socket

import jax
import pytest

from hpcpinn import errors
from hpcpinn.kernel import processes

MAPPINGS = ("shard_map", "pmap")
DOUBLE = [("plain", "float64", mapping, "ring") for mapping in MAPPINGS]
SINGLE = [("plain", "float32", mapping, "ring") for mapping in MAPPINGS]
SEEDS = [("plain", "float64", mapping, "seeds") for mapping in MAPPINGS]
SHARDED = [("plain", "float64", mapping, "drawn") for mapping in MAPPINGS]
KINDS = {"double": DOUBLE, "single": SINGLE, "seeds": SEEDS, "sharded": SHARDED}

# Processes and devices in each. Every program costs every process a second to compile.
GROUPS = {
    (1, 1): [DOUBLE[0], SINGLE[0], SEEDS[0], SHARDED[0]],
    (2, 2): [*DOUBLE, *SINGLE, SEEDS[1], SHARDED[1]],
    (4, 1): DOUBLE,
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def found(start):
    started = {}
    for (members, devices), variants in GROUPS.items():
        group = {"coordinator": f"127.0.0.1:{free_port()}", "processes": members, "timeout": 120}
        for rank in range(members):
            joined = {**group, "rank": rank} if members > 1 else None
            started[members, devices, rank] = start(devices, variants, joined)
    return {place: program.found() for place, program in started.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_bits_depend_neither_on_processes_nor_on_mapping(found, kind):
    of_kind = {
        (*place, *variant): fingerprint
        for place, of_place in found.items()
        for variant, fingerprint in zip(GROUPS[place[:2]], of_place["fingerprints"], strict=True)
        if variant in KINDS[kind]
    }
    assert {members for members, *_ in of_kind} >= {1, 2}
    assert len(set(of_kind.values())) == 1, of_kind


def test_every_process_sees_the_devices_of_all(found):
    for (members, devices, _), of_place in found.items():
        assert of_place["devices"] == members * devices


def test_a_device_holds_its_share_of_the_hidden_weights(found):
    for rank in (0, 1):
        assert found[2, 2, rank]["shares"] == [1 / 4]


@pytest.mark.parametrize(
    "coordinator", ["localhost", ":4000", "localhost:", "localhost:0", "localhost:65536", "host:x"]
)
def test_a_coordinator_is_a_host_and_a_port(coordinator):
    with pytest.raises(errors.DeviceError, match=r"is no coordinator; allowed: `host:port`"):
        processes.join(coordinator, 2, 0)


@pytest.mark.parametrize(("members", "rank"), [(2, 2), (2, -1), (1, 1)])
def test_a_rank_is_below_the_number_of_processes(members, rank):
    with pytest.raises(
        errors.DeviceError, match=rf"rank {rank} is none of {members} .*; allowed: 0 to {members - 1}\."
    ):
        processes.join("localhost:4000", members, rank)


def test_a_group_has_a_process():
    with pytest.raises(errors.DeviceError, match="0 processes"):
        processes.join("localhost:4000", 0, 0)


def test_a_process_that_uses_jax_already_cannot_join():
    jax.devices()
    with pytest.raises(errors.DeviceError, match="before anything else uses JAX"):
        processes.join(f"localhost:{free_port()}", 1, 0)
