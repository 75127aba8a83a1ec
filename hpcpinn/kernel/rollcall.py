"""The roll call of processes before they join: afterwards it is known that all of them are there.

jaxlib ends the process where a coordinator does not answer, and crashes where its port is taken; nothing of that can be
caught. So rank 0 first waits at the coordinator's port by itself, every other rank comes and says who it is, and all
go on when all have come. A rank that is missing is then called by its number.
"""

import os
import re
import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from hpcpinn import errors

_GO = b"go"
_GREETING = "hpcpinn rank {rank} of {processes}\n"
_GREETED = re.compile(r"hpcpinn rank (\d+) of (\d+)\n")
# Seconds between two attempts to reach rank 0, and how long a stranger may keep it waiting.
_PAUSE = 0.1
_PATIENCE = 5.0


@dataclass(frozen=True)
class Group:
    """Processes that are to join.

    Attributes:
        host: machine of rank 0, by its name or address.
        port: where rank 0 waits.
        processes: how many there are.
        rank: which of them this is.
    """

    host: str
    port: int
    processes: int
    rank: int

    @property
    def coordinator(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def call(group: Group, timeout: float) -> None:
    """Wait until all processes are there, for `timeout` seconds at most.

    Raises:
        DeviceError: a port that is taken, ranks that do not come or come twice, a group of another size, or a
            coordinator that cannot be reached.
    """
    deadline = time.monotonic() + timeout
    if group.rank > 0:
        _answer(group, deadline, timeout)
        return
    with ExitStack() as stack:
        server = stack.enter_context(_listening(group))
        present: dict[int, socket.socket] = {}
        while len(present) < group.processes - 1:
            connection = stack.enter_context(_accepted(server, group, set(present), deadline, timeout))
            rank = _admitted(connection, group, set(present), deadline)
            if rank is not None:
                present[rank] = connection
        for connection in present.values():
            _dismiss(connection, deadline)


def any_address() -> str:
    """All addresses of this machine, in the way that it can be listened at."""
    return "[::]" if socket.has_dualstack_ipv6() else "0.0.0.0"


def _listening(group: Group) -> socket.socket:
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", group.port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise errors.DeviceError(
            f"rank 0 cannot wait at port {group.port} ({os.strerror(error.errno or 0)}); allowed: a free port. "
            "Give all ranks another one."
        ) from None


def _accepted(server: socket.socket, group: Group, present: set[int], deadline: float, timeout: float) -> socket.socket:
    try:
        server.settimeout(_left(deadline))
        return server.accept()[0]
    except TimeoutError:
        missing = [str(rank) for rank in range(1, group.processes) if rank not in present]
        raise errors.DeviceError(
            f"of {group.processes} processes, {len(missing)} did not come to {group.coordinator} within {timeout:g} s: "
            f"rank {', '.join(missing)}. Check that each was started with this coordinator, and that its machine "
            f"reaches port {group.port} of this one."
        ) from None


def _admitted(connection: socket.socket, group: Group, present: set[int], deadline: float) -> int | None:
    """The rank of who has come; None for a stranger."""
    greeted = _GREETED.fullmatch(_read(connection, min(deadline, time.monotonic() + _PATIENCE)))
    if greeted is None:
        return None
    rank, processes = int(greeted[1]), int(greeted[2])
    if processes != group.processes:
        raise errors.DeviceError(
            f"rank {rank} was started as one of {processes} processes, and rank 0 as one of {group.processes}; "
            "allowed: the same number for all ranks."
        )
    if rank in present:
        raise errors.DeviceError(f"two processes came as rank {rank}; allowed: every rank once.")
    return rank


def _dismiss(connection: socket.socket, deadline: float) -> None:
    """Let one rank go, and wait until it has hung up: the port is then free at once."""
    with suppress(OSError):
        connection.sendall(_GO)
    _read(connection, deadline)


def _answer(group: Group, deadline: float, timeout: float) -> None:
    with _reached(group, deadline, timeout) as connection:
        connection.sendall(_GREETING.format(rank=group.rank, processes=group.processes).encode())
        if _read(connection, deadline, len(_GO)) != _GO.decode():
            raise errors.DeviceError(
                f"rank 0 at {group.coordinator} has not let rank {group.rank} go on within {timeout:g} s, or has "
                "given up. Its own message says why."
            )


def _reached(group: Group, deadline: float, timeout: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection((group.host, group.port), _left(deadline))
        except OSError as error:
            if time.monotonic() + _PAUSE > deadline:
                raise errors.DeviceError(
                    f"rank {group.rank} has not reached rank 0 at {group.coordinator} within {timeout:g} s "
                    f"({error.strerror or error}). Check that rank 0 was started, that it runs on {group.host}, and "
                    f"that port {group.port} is open between the two machines."
                ) from None
            time.sleep(_PAUSE)


def _read(connection: socket.socket, deadline: float, most: int = 100) -> str:
    """What the other side says in one line; what there was of it where it hangs up or falls silent."""
    said = b""
    with suppress(OSError):
        while len(said) < most and not said.endswith(b"\n"):
            connection.settimeout(_left(deadline))
            more = connection.recv(most - len(said))
            if not more:
                break
            said += more
    return said.decode(errors="replace")


def _left(deadline: float) -> float:
    """Seconds until the deadline; a little more than none, which would mean not to wait at all."""
    return max(deadline - time.monotonic(), 0.001)
