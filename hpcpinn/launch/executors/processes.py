"""A pool of processes on this machine.

Processes are spawned, never forked: JAX has threads, and a fork of them hangs. A worker leaves at once when the driver
closes its end of a pipe, deliberately or by dying: a driver that was killed leaves no worker behind.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection, wait

from hpcpinn.launch.executors.engine import Engine, Pool

_STOPPED = 75


def engine(workers: int) -> Engine:
    """Tasks in so many processes."""
    return Engine("processes", workers, lambda: _start(workers))


def _start(workers: int) -> Pool:
    context = multiprocessing.get_context("spawn")
    listening, holding = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(listening,))
    return Pool(executor, _stopper(executor, holding))


def _stopper(executor: ProcessPoolExecutor, holding: Connection) -> Callable[[], None]:
    def stop() -> None:
        holding.close()
        executor.shutdown(wait=False, cancel_futures=True)

    return stop


def _begin(listening: Connection) -> None:
    """In a worker: leave interrupts to the driver, and leave with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_driver, args=(listening,), daemon=True).start()


def _leave_with_driver(listening: Connection) -> None:
    wait([listening])
    os._exit(_STOPPED)
