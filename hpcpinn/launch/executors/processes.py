"""A pool of processes on this machine.

Processes are spawned, never forked: JAX has threads, and a fork of them hangs. A worker leaves at once when the driver
closes its end of a pipe, deliberately or by dying: a driver that was killed leaves no worker behind. A byte that all of
them share tells workers to save at their next safe point, and to stop.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection, wait
from typing import Any

from hpcpinn.launch.executors.engine import Engine, Pool
from hpcpinn.run import interruption

_STOPPED = 75
_LOOK_SECONDS = 1.0


def engine(workers: int) -> Engine:
    """Tasks in so many processes."""
    return Engine("processes", workers, lambda _: _start(workers))


def _start(workers: int) -> Pool:
    context = multiprocessing.get_context("spawn")
    listening, holding = context.Pipe(duplex=False)
    told = context.RawValue("b", 0)  # without a lock, which a worker that is killed would keep
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(listening, told))
    return Pool(executor, _stopper(executor, holding), tell=lambda _: setattr(told, "value", 1))


def _stopper(executor: ProcessPoolExecutor, holding: Connection) -> Callable[[], None]:
    def stop() -> None:
        holding.close()
        executor.shutdown(wait=False, cancel_futures=True)

    return stop


def _begin(listening: Connection, told: Any) -> None:
    """In a worker: leave signals to the driver, hear it, and leave with it."""
    for number in (signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_listen, args=(listening, told), daemon=True).start()


def _listen(listening: Connection, told: Any) -> None:
    while not wait([listening], timeout=_LOOK_SECONDS):
        if told.value:
            interruption.request("told to stop")
    os._exit(_STOPPED)
