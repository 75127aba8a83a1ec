"""Executors by name."""

import os
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from hpcpinn import errors
from hpcpinn.launch.executors import dask, given, mpi, processes, serial
from hpcpinn.launch.executors.engine import Engine
from hpcpinn.launch.executors.request import Dask


def _serial(workers: int | None) -> Engine:
    if workers not in (None, 1):
        raise errors.HpcpinnError(
            f"the executor `serial` with {workers} workers; allowed: 1. "
            f"For more write --on processes --workers {workers}."
        )
    return serial.engine()


EXECUTORS: dict[str, Callable[[int | None], Engine]] = {
    "serial": _serial,
    "processes": lambda workers: processes.engine(workers or _cores()),
    "mpi": mpi.engine,
    "dask": lambda workers: dask.engine(Dask(), workers, _cores()),
}


def engine(on: str | Executor | Dask | Any, workers: int | None = None) -> Engine:
    """The engine of a name, or around an executor or a Dask client of the caller's.

    Raises:
        HpcpinnError: an executor that does not exist, or a number of workers that it cannot have.
    """
    if workers is not None and workers < 1:
        raise errors.HpcpinnError(
            f"{workers} workers were asked for; allowed: 1 or more. Leave --workers out for one per core."
        )
    if isinstance(on, Executor):
        return given.engine(on, workers or _cores())
    if isinstance(on, Dask):
        return dask.engine(on, workers, _cores())
    if dask.is_client(on):
        return dask.given(on, workers)
    if on not in EXECUTORS:
        known = errors.nearest(on, EXECUTORS)
        raise errors.HpcpinnError(f"executor `{on}` does not exist; {known} Give --on processes, say.")
    return EXECUTORS[on](workers)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
