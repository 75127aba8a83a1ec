"""Processes that an MPI launcher has started, over one node or many: rank 0 drives, the others do tasks.

A rank that is killed takes nothing with it but its task: the run stops as one that is worth running again, whatever the
launcher does about it. Lines (`lines`) tell of such a rank, tell the others to stop, and let them leave with rank 0.
"""

import atexit
import functools
import signal
import socket
import sys
import threading
from types import FrameType
from typing import Any

from hpcpinn import errors
from hpcpinn.launch.executors import lines
from hpcpinn.launch.executors.engine import Engine, Pool
from hpcpinn.launch.executors.lines import Exchange
from hpcpinn.launch.executors.watched import Watched
from hpcpinn.run import interruption

_LOST = "a process of the MPI job was lost"


def engine(workers: int | None) -> Engine:
    """Tasks in the other processes of this MPI job. Beyond rank 0 this serves tasks to its end, and leaves the process.

    Raises:
        DeviceError: there are no other processes, or another number of them than was asked for.
        HpcpinnError: mpi4py or an MPI library is not installed.
    """
    mpi = _mpi()
    world = mpi.COMM_WORLD
    refusal = _refusal(world.size, workers, mpi.Get_library_version())
    if refusal and world.rank == 0:
        raise errors.DeviceError(refusal)
    if world.rank:
        raise SystemExit(_serve(world) if not refusal else 2)
    return _Rank0(mpi).engine()


def _mpi() -> Any:
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # the latter where the wheel finds no library
        raise errors.HpcpinnError(
            f"--on mpi needs mpi4py and an MPI library ({error}). Type: pip install 'hpcpinn[mpi]'"
        ) from error
    return MPI


def _refusal(size: int, workers: int | None, library: str) -> str:
    if size == 1:
        return (
            f"--on mpi in a world of 1 process; allowed: 2 or more, of which the first one drives. Write mpirun -n 3 "
            f"hpcpinn run STUDY --on mpi, or in a job srun --mpi=pmi2 with 3 tasks. Where that was written, launcher "
            f"and library do not go together: this is {' '.join(library.split()[:3])}; `srun --mpi=list` says what "
            f"there is."
        )
    if workers not in (None, size - 1):
        return (
            f"--workers {workers} in a world of {size} processes; allowed: {size - 1}, all but the first one. Leave "
            f"--workers out, or start {workers + 1} processes."
        )
    return ""


def _serve(world: Any) -> int:
    """Do what rank 0 hands out; its exit status."""
    from mpi4py.futures import MPICommExecutor

    # Interrupts are for rank 0, which stops the others; a warning or an order to leave is heard at a safe point.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, _told)
    world.gather(socket.gethostname())
    lines.dial(world.bcast(None), interruption.request)
    with MPICommExecutor(world):
        return 0


def _told(number: int, frame: FrameType | None) -> None:
    interruption.request("told to stop")


class _Rank0:
    """The others as seen from rank 0."""

    def __init__(self, mpi: Any) -> None:
        from mpi4py.futures import MPICommExecutor

        self._world, self._exchange = mpi.COMM_WORLD, Exchange()
        self._status, self._is_started = errors.Interrupted.exit_status, False
        self._executor: Any = None
        _, *hosts = self._world.gather(None)
        self._here = max(map(hosts.count, hosts))
        self._world.bcast(self._exchange.number)
        # mpi4py waits for the others at the end of this process, earlier than `atexit`: what is asked for later in the
        # same way comes first.
        getattr(threading, "_register_atexit", atexit.register)(self._leave)
        self._exchange.await_calls(self._world.size - 1)
        self._executor = MPICommExecutor(self._world).__enter__()
        self._watched = Watched(self._executor)
        self._exchange.watch(functools.partial(self._watched.break_off, _LOST))

    def engine(self) -> Engine:
        """What the driver gets."""
        return Engine("mpi", self._world.size - 1, self._start, self._here)

    def _start(self, largest: int) -> Pool:
        if self._is_started:
            raise errors.Interrupted(
                f"{_LOST}; what is done is safe. Run the same command again, with as many processes as there are nodes "
                f"and memory for, to complete it."
            )
        self._is_started = True
        return Pool(self._watched, self._stop, self._exchange.tell)

    def _stop(self) -> None:
        """Remember how this process is about to leave; it is not left here, where nothing has been said yet."""
        error = sys.exc_info()[1]
        self._status = getattr(error, "exit_status", getattr(error, "code", self._status))

    def _leave(self) -> None:
        """At the end of the process: end the others, who may be in the middle of tasks, or be gone."""
        if self._executor is None or not self._watched.is_idle:
            sys.stdout.flush()
            sys.stderr.flush()
            return self._world.Abort(self._status)
        self._exchange.end()
        return self._executor.shutdown()
