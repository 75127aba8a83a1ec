"""Who is missing is said by name, and nobody waits for ever."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from hpcpinn import errors
from hpcpinn.kernel import rollcall
from hpcpinn.kernel.rollcall import Group

PATIENT, BRIEF = 20.0, 0.5


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def reached(port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENT
    while True:
        with suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), PATIENT)
        assert time.monotonic() < deadline


def called(groups: list[Group], timeouts: list[float]) -> list[BaseException | None]:
    """What became of ranks that were started together."""
    with ThreadPoolExecutor(len(groups)) as pool:
        pending = [pool.submit(rollcall.call, *one) for one in zip(groups, timeouts, strict=True)]
        return [one.exception() for one in pending]


def test_all_go_on_when_all_have_come(port):
    groups = [Group("127.0.0.1", port, 4, rank) for rank in (2, 0, 3, 1)]
    assert called(groups, [PATIENT] * 4) == [None] * 4


def test_the_port_is_free_afterwards(port):
    called([Group("127.0.0.1", port, 2, rank) for rank in (0, 1)], [PATIENT] * 2)
    socket.create_server(("127.0.0.1", port)).close()


def test_a_group_of_one_waits_for_nobody(port):
    rollcall.call(Group("127.0.0.1", port, 1, 0), BRIEF)


def test_missing_ranks_are_named(port):
    first, third = called([Group("127.0.0.1", port, 4, rank) for rank in (0, 2)], [2.0, PATIENT])
    with pytest.raises(errors.DeviceError, match=r"of 4 processes, 2 did not come .* within 2 s: rank 1, 3\. Check"):
        raise first
    with pytest.raises(errors.DeviceError, match=r"rank 2 go on .* or has given up"):
        raise third


def test_a_coordinator_that_is_not_there_is_named(port):
    with pytest.raises(
        errors.DeviceError, match=rf"rank 1 has not reached rank 0 at 127\.0\.0\.1:{port} within 0\.5 s"
    ):
        rollcall.call(Group("127.0.0.1", port, 2, 1), BRIEF)


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(errors.DeviceError, match=rf"port {taken} \(Address already in use\); allowed: a free port"):
            rollcall.call(Group("127.0.0.1", taken, 2, 0), BRIEF)


def test_groups_of_two_sizes_are_told_apart(port):
    first, _ = called([Group("127.0.0.1", port, 4, 0), Group("127.0.0.1", port, 3, 1)], [PATIENT] * 2)
    with pytest.raises(errors.DeviceError, match="rank 1 was started as one of 3 processes, and rank 0 as one of 4"):
        raise first


def test_a_rank_that_comes_twice_is_named(port):
    first, *_ = called([Group("127.0.0.1", port, 3, rank) for rank in (0, 1, 1)], [PATIENT] * 3)
    with pytest.raises(errors.DeviceError, match="two processes came as rank 1"):
        raise first


def test_strangers_are_passed_over(port):
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(rollcall.call, Group("127.0.0.1", port, 2, 0), PATIENT)
        with reached(port) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\n")
            rollcall.call(Group("127.0.0.1", port, 2, 1), PATIENT)
        first.result()
