"""Tasks on Dask clusters: started here, or running in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpcpinn import errors
from hpcpinn.launch.executors import agreement, catalogue, dask, dask_clusters
from hpcpinn.launch.executors.engine import Deadly
from hpcpinn.launch.executors.request import Dask, Jobs
from hpcpinn.launch.running import run_study
from tests.launch.conftest import LONG, TRAINED, assert_same_bits

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'hpcpinn[dask]'")
JOBS = Jobs("batch", None, (), 2**34, 1, 3600, 3000, 60, (), "")
TLS = "DASK_DISTRIBUTED__COMM__TLS__"


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serial")
    stores = {}
    for name, text in {"short": TRAINED, "long": LONG}.items():
        (folder / f"{name}.toml").write_text(text)
        stores[name] = run_study(folder / f"{name}.toml", folder / f"{name}.zarr").store
    return stores


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """What the environment of scheduler, workers and driver has, so that they trust each other and nobody else."""
    folder = tmp_path_factory.mktemp("certificates")
    security = distributed.Security.temporary()
    (folder / "certificate.pem").write_text(security.tls_ca_file)
    (folder / "key.pem").write_text(security.tls_client_key)
    names = {f"{TLS}{role}__CERT": str(folder / "certificate.pem") for role in ("SCHEDULER", "WORKER", "CLIENT")}
    names |= {f"{TLS}{role}__KEY": str(folder / "key.pem") for role in ("SCHEDULER", "WORKER", "CLIENT")}
    more = {f"{TLS}CA_FILE": str(folder / "certificate.pem"), "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
    return names | more


@pytest.fixture
def scheduler(certificates, tmp_path):
    """A scheduler with one worker, in processes of their own: its process, and the file that it has written."""
    file, environment = tmp_path / "scheduler.json", {**os.environ, **certificates}
    options = ["--scheduler-file", file, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    more = ["--nthreads", 1, "--no-nanny", "--memory-limit", 0, "--resources", f"memory={2**33}", "--death-timeout", 60]
    own = ["--host", "127.0.0.1", "--port", 0]
    commands = [("dask_scheduler", [*options, *own]), ("dask_worker", [*options, *more])]
    started = []
    for module, arguments in commands:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--protocol", "tls", *arguments]
        started.append(
            subprocess.Popen(list(map(str, command)), env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
        )
        while not file.exists():
            time.sleep(0.1)
    yield started[0], file
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.long
def test_a_worker_that_is_killed_in_the_middle_of_a_task(serial, write_study, start, begun, tmp_path):
    store = tmp_path / "dask.zarr"
    process = start("run", write_study(LONG), "--store", store, "--on", "dask", "--workers", 2)
    os.kill(json.loads(begun(process, store).read_text())["pid"], signal.SIGKILL)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert_same_bits(store, serial["long"])


def test_a_running_cluster_with_certificates(
    serial, scheduler, certificates, monkeypatch, write_study, hpcpinn, tmp_path
):
    for name, value in certificates.items():
        monkeypatch.setenv(name, value)
    running = ("--on", "dask", "--scheduler", scheduler[1])
    status, output = hpcpinn("run", write_study(TRAINED), "--store", tmp_path / "dask.zarr", *running)
    assert status == 0, output
    assert_same_bits(tmp_path / "dask.zarr", serial["short"])


def test_a_scheduler_that_is_killed(scheduler, certificates, monkeypatch, write_study, start, begun, tmp_path):
    for name, value in certificates.items():
        monkeypatch.setenv(name, value)
    store = tmp_path / "dask.zarr"
    process = start("run", write_study(LONG), "--store", store, "--on", "dask", "--scheduler", scheduler[1])
    begun(process, store)
    scheduler[0].kill()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 75, output
    assert "Run the same command again" in output


def test_a_client_of_the_callers(serial, write_study, tmp_path):
    with dask_clusters.settings(), dask_clusters.local(1) as cluster, distributed.Client(cluster) as client:
        given = run_study(write_study(TRAINED), tmp_path / "given.zarr", on=client)
        assert client.submit(int, "7").result() == 7  # not closed: it is the caller's
    assert_same_bits(given.store, serial["short"])


def test_tasks_under_way_hear_that_they_are_to_stop():
    def heard():
        from hpcpinn.run import interruption

        deadline = time.monotonic() + 60
        while interruption.requested() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return interruption.requested()

    with dask_clusters.settings(), dask_clusters.local(1) as cluster, distributed.Client(cluster) as client:
        future = client.submit(heard)
        while not any(client.processing().values()):
            time.sleep(0.05)
        dask._tell(client, "preempted")
        assert future.result(timeout=120) == "preempted"


def test_workers_of_another_version_are_named_with_both():
    ours = agreement.versions()
    with pytest.raises(errors.ClusterError) as caught:
        agreement.agree(ours, ours | {"jax": "0.1.2"}, "the worker tls://node7:1")
    for words in ("the worker tls://node7:1 has jax 0.1.2", f"the driver jax {ours['jax']}", "constraints.txt"):
        assert words in str(caught.value)
    agreement.agree(ours, ours | {"python": f"{ours['python'].rpartition('.')[0]}.99"}, "another patch")


class Threads:
    """A cluster whose worker does four tasks at a time."""

    def run(self, function):
        return {"tls://node7:1": function()}

    def nthreads(self):
        return {"tls://node7:1": 4}


def test_a_worker_with_several_threads_is_refused():
    with pytest.raises(errors.ClusterError, match="--nthreads 1"):
        dask.given(Threads(), None)


@pytest.mark.parametrize(
    ("asked", "workers", "words"),
    [
        (Dask(scheduler="tls://a:1", jobs=JOBS), None, "one of them"),
        (Dask(adapt=(0, 4)), None, "--cluster PROFILE"),
        (Dask(jobs=JOBS, adapt=(0, 4)), 3, "--adapt 0:16"),
        (Dask(scheduler="node7:8786"), None, "tls://HOST:PORT"),
    ],
)
def test_contradictions(asked, workers, words):
    with pytest.raises(errors.HpcpinnError, match=words):
        catalogue.engine(asked, workers)


def test_without_dask_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(errors.HpcpinnError, match=r"pip install 'hpcpinn\[dask\]'"):
        catalogue.engine("dask")


def test_a_task_that_kills_its_workers_is_told_from_a_lost_cluster():
    killed = distributed.KilledWorker("task", None, 3)
    assert isinstance(dask._translated(killed), Deadly)
    assert isinstance(dask._translated(ModuleNotFoundError("hpcpinn")), errors.ClusterError)
    refused = errors.ClusterError("no")
    assert dask._translated(refused) is refused


def test_jobs_have_the_memory_of_the_largest_task():
    assert [dask_clusters.memory_of(JOBS, size) for size in (1, 2**30, 2**30 + 1, 2**40)] == [
        2**30,
        2**30,
        2**31,
        2**34,
    ]


def test_what_is_private_is_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    private = dask_clusters.Private()
    assert Path(private.path).stat().st_mode & 0o777 == 0o700
    private.remove()
    assert not Path(private.path).exists()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a b"))
    with pytest.raises(errors.ClusterError, match="XDG_CACHE_HOME"):
        dask_clusters.Private()
