"""A Dask cluster: started here, started in batch jobs, or running already.

Dask may do a task twice and forgets everything with its scheduler. Neither matters: the ledger of the store publishes
one result of every task, and says what is missing.
"""

import platform
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from hpcpinn import errors
from hpcpinn.launch.executors import agreement, dask_clusters
from hpcpinn.launch.executors.engine import Deadly, Engine, Pool
from hpcpinn.launch.executors.request import Dask, Jobs
from hpcpinn.launch.executors.watched import Watched
from hpcpinn.run import interruption

_CONNECT_SECONDS, _AGAIN_SECONDS = 30.0, 5.0
_AGAIN = "what is done is safe. Run the same command again to complete it."


def engine(asked: Dask, workers: int | None, cores: int) -> Engine:
    """Tasks on a Dask cluster; see `Dask` for which.

    Raises:
        ClusterError: it cannot be reached or started, or its workers compute with other versions.
        HpcpinnError: Dask is not installed.
    """
    _require("distributed", *(["dask_jobqueue"] if asked.jobs else []))
    _refuse_contradictions(asked, workers)
    if asked.scheduler is not None:
        return _running(dask_clusters.address_of(asked.scheduler), workers)
    if asked.jobs is not None:
        return _jobs(asked.jobs, asked.adapt or (workers or 1, workers or 1))
    return Engine("dask", workers or cores, partial(_local, workers or cores))


def is_client(on: object) -> bool:
    """Whether something is a Dask client; Dask is not imported to find out."""
    return type(on).__name__ == "Client" and type(on).__module__.partition(".")[0] == "distributed"


def given(client: Any, workers: int | None) -> Engine:
    """Tasks on the cluster of a caller's client, which stays open.

    Raises:
        ClusterError: its workers compute with other versions, or several tasks at a time.
    """
    _inspect(client)
    pools = iter([_pool(client, ExitStack(), partial(_room, client, workers))])

    def start(largest: int) -> Pool:
        for pool in pools:
            return pool
        raise errors.Interrupted(f"the client has lost its scheduler; {_AGAIN}")

    return Engine("dask", workers or 1, start, here=1, memory=sys.maxsize)


def _require(*modules: str) -> None:
    try:
        for module in modules:
            __import__(module)
    except ImportError as error:
        raise errors.HpcpinnError(f"--on dask needs Dask ({error}). Type: pip install 'hpcpinn[dask]'") from error


def _refuse_contradictions(asked: Dask, workers: int | None) -> None:
    if asked.scheduler is not None and asked.jobs is not None:
        raise errors.HpcpinnError(
            "--scheduler with --cluster; allowed: one of them. The first names one that runs, the other starts one."
        )
    if asked.adapt is not None and (asked.jobs is None or workers is not None):
        raise errors.HpcpinnError(
            "--adapt without --cluster, or with --workers; allowed: --cluster PROFILE with one of --workers N and "
            "--adapt MIN:MAX. Write --on dask --cluster PROFILE --adapt 0:16, say."
        )


def _local(workers: int, largest: int) -> Pool:
    from distributed import Client

    with ExitStack() as made:
        made.enter_context(dask_clusters.settings())
        cluster = made.enter_context(dask_clusters.local(workers))
        client = made.enter_context(Client(cluster, set_as_default=False))
        return _pool(client, made.pop_all())


def _jobs(jobs: Jobs, adapt: tuple[int, int]) -> Engine:
    def start(largest: int) -> Pool:
        from distributed import Client

        with ExitStack() as made:
            made.enter_context(dask_clusters.settings())
            private = dask_clusters.Private()
            made.callback(private.remove)
            cluster = made.enter_context(dask_clusters.slurm(jobs, *adapt, largest, private))
            client = made.enter_context(Client(cluster, set_as_default=False))
            return _pool(client, made.pop_all())

    return Engine("dask", adapt[1], start, here=1, memory=jobs.memory)


def _running(address: str, workers: int | None) -> Engine:
    if address.startswith("tcp:"):
        print(
            f"hpcpinn: warning: {address} is not encrypted and asks nobody who they are: whoever reaches it runs code "
            f"as you. Start the scheduler with --protocol tls and certificates, as slurm/dask.sbatch does.",
            file=sys.stderr,
        )
    clients = [_connected(address, _CONNECT_SECONDS)]
    _inspect(clients[0])

    def start(largest: int) -> Pool:
        try:
            client = clients.pop() if clients else _connected(address, _AGAIN_SECONDS)
        except errors.ClusterError as error:
            raise errors.Interrupted(f"{error} Then: {_AGAIN}") from error
        with ExitStack() as made:
            made.enter_context(client)
            return _pool(client, made.pop_all(), partial(_room, client, workers))

    return Engine("dask", workers or 1, start, here=1, memory=sys.maxsize)


def _connected(address: str, seconds: float) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout=seconds, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        keys = " Dask reads certificates from DASK_DISTRIBUTED__COMM__TLS__CA_FILE and its neighbours."
        raise errors.ClusterError(
            f"no scheduler answers at {address} ({error}); allowed: one that runs. Start it, or leave --scheduler out."
            f"{keys if address.startswith('tls') else ''}"
        ) from error


def _inspect(client: Any) -> None:
    """Refuse workers that would not give the same bits."""
    try:
        theirs: Mapping[str, Any] = client.run(agreement.versions)
    except Exception as error:
        raise errors.ClusterError(
            f"the workers of the cluster cannot say what they have ({type(error).__name__}: {error}); allowed: workers "
            f"with hpcpinn {agreement.versions()['hpcpinn']} installed. Install it there with the same "
            f"constraints.txt."
        ) from error
    for worker, found in theirs.items():
        agreement.agree(agreement.versions(), found, f"the worker {worker}")
    for worker, threads in client.nthreads().items():
        if threads > 1:
            raise errors.ClusterError(
                f"the worker {worker} does {threads} tasks at a time in one process; allowed: 1. Start it with "
                f"--nthreads 1, and --nworkers {threads} in its place."
            )


def _pool(client: Any, made: ExitStack, room: Callable[[], int] | None = None) -> Pool:
    watched = Watched(_Checked(client.get_executor(pure=False, retries=0)), _translated)
    return Pool(watched, made.close, partial(_tell, client), partial(_options, client), room)


class _Checked(Executor):
    """Dask's own executor, with a look at whoever does the work: workers may come at any time."""

    def __init__(self, executor: Executor) -> None:
        self._executor, self._versions = executor, agreement.versions()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Hand on a call."""
        return self._executor.submit(_checked, self._versions, fn, *args, **kwargs)


def _checked(versions: Mapping[str, str], fn: Callable[..., Any], *args: Any) -> Any:
    """In a worker: do a call, unless the versions differ; what an earlier driver said to this process is over."""
    agreement.agree(versions, agreement.versions(), f"the worker on {platform.node()}")
    interruption.clear()
    return fn(*args)


def _room(client: Any, workers: int | None) -> int:
    with suppress(Exception):  # a scheduler that is lost is noticed by the futures
        return max(1, min(len(client.nthreads()), workers or sys.maxsize))
    return 1


def _options(client: Any, peak: int) -> Mapping[str, Any]:
    """Ask for memory where workers say how much they have: `dask worker --resources memory=BYTES`.

    Raises:
        ClusterError: no worker has as much.
    """
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    declared = [worker["resources"]["memory"] for worker in workers if "memory" in worker["resources"]]
    if not declared:
        return {}
    if max(declared) < peak:
        raise errors.ClusterError(
            f"a task needs {peak / 2**30:.2f} GiB and no worker of the cluster has more than "
            f"{max(declared) / 2**30:.2f}; allowed: tasks that fit. Start a worker with more, and say so: "
            f"dask worker --resources memory={peak}"
        )
    return {"resources": {"memory": peak}}


def _tell(client: Any, reason: str) -> None:
    """Ask the tasks of this client, and of no other, to save and stop."""
    with suppress(Exception):  # who does not hear it goes on, and is waited for
        mine = set(client.futures)
        workers = [worker for worker, tasks in client.processing().items() if mine & {str(task) for task in tasks}]
        if workers:
            client.run(interruption.request, reason, workers=workers)


def _translated(error: BaseException) -> BaseException:
    """What the driver makes of an exception of a future."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return Deadly("its worker was killed again and again")
    if isinstance(error, CancelledError):
        return BrokenExecutor("the scheduler was lost")
    if isinstance(error, errors.HpcpinnError):
        return error
    return errors.ClusterError(f"a worker of the cluster could not begin a task: {type(error).__name__}: {error}")
