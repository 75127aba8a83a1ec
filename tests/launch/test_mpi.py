"""Tasks in the ranks of an MPI job, started by the launcher of the wheel."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hpcpinn import errors
from hpcpinn.launch.executors import lines, mpi
from tests.launch.conftest import COMMAND, LONG, TRAINED, assert_same_bits

pytest.importorskip("mpi4py.MPI", exc_type=ImportError, reason="mpi4py is not installed: pip install 'hpcpinn[mpi]'")
MPIRUN = Path(sys.executable).with_name("mpirun")
pytestmark = pytest.mark.skipif(not MPIRUN.exists(), reason="mpich is not installed: pip install 'hpcpinn[mpi]'")


@pytest.fixture
def mpirun(tmp_path):
    """Start `hpcpinn run` in so many processes; what is left at the end of the test is ended by the launcher."""
    started = []

    def start(ranks: int, *arguments: object) -> subprocess.Popen:
        command = [MPIRUN, "-n", ranks, *COMMAND, "run", *arguments, "--on", "mpi"]
        popen = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path
        )
        started.append(popen)
        return popen

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    output, _ = process.communicate(timeout=300)
    return process.returncode, output


def test_three_ranks_give_the_bits_of_one_process(write_study, mpirun, hpcpinn, tmp_path):
    study = write_study(TRAINED)
    status, output = finish(mpirun(3, study, "--store", tmp_path / "mpi.zarr", "--workers", 2))
    assert status == 0, output
    assert output.count("4 of 4 tasks are missing") == 1  # rank 0 alone speaks
    assert hpcpinn("run", study, "--store", tmp_path / "serial.zarr")[0] == 0
    assert_same_bits(tmp_path / "mpi.zarr", tmp_path / "serial.zarr")


def rank_0(process: subprocess.Popen, store: Path) -> int:
    """The process of rank 0, by the environment that the launcher gives it."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            environment = (path / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(store) in words and b"PMI_RANK=0" in environment:
            return int(path.name)
    raise AssertionError(process.communicate()[0])


@pytest.mark.parametrize("number", [signal.SIGUSR1, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_told_to_stop_it_leaves_with_75_and_goes_on_later(number, write_study, mpirun, hpcpinn, tmp_path, begun):
    study, store = write_study(LONG), tmp_path / "told.zarr"
    process = mpirun(3, study, "--store", store)
    begun(process, store)
    os.kill(rank_0(process, store), number)
    status, output = finish(process)
    assert status == 75, output
    assert "Run the same command again" in output
    assert "Traceback" not in output
    assert hpcpinn("run", study, "--store", store)[0] == 0
    assert hpcpinn("run", study, "--store", tmp_path / "serial.zarr")[0] == 0
    assert_same_bits(store, tmp_path / "serial.zarr")


@pytest.mark.parametrize(
    ("ranks", "arguments", "words"),
    [(1, [], "srun --mpi=pmi2"), (2, ["--workers", 3], "start 4 processes"), (2, ["--store", "."], "is not a store")],
)
def test_a_wrong_request_is_refused_once(ranks, arguments, words, write_study, mpirun, tmp_path):
    status, output = finish(mpirun(ranks, write_study(TRAINED), *arguments))
    assert status == 2, output
    assert output.count("hpcpinn: ") == 1
    assert words in output
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_without_mpi4py_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(errors.HpcpinnError, match=r"pip install 'hpcpinn\[mpi\]'"):
        mpi.engine(None)


MEMBER = """
import sys, time
from hpcpinn.launch.executors.lines import Number, dial
dial(Number("127.0.0.1", int(sys.argv[1]), bytes.fromhex(sys.argv[2])), lambda word: print(word, flush=True))
time.sleep(60)
"""


@pytest.fixture
def line():
    exchange = lines.Exchange()
    number = exchange.number
    command = [sys.executable, "-c", MEMBER, str(number.port), number.key.hex()]
    member = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    exchange.await_calls(1)
    yield exchange, member
    member.kill()
    member.communicate()


def test_whoever_is_killed_is_noticed(line):
    exchange, member = line
    lost = threading.Event()
    exchange.watch(lost.set)
    exchange.tell("walltime")
    assert member.stdout.readline() == "walltime\n"
    assert not lost.is_set()
    member.kill()
    assert lost.wait(20)


def test_whoever_is_left_alone_leaves(line):
    exchange, member = line
    for connection in exchange._lines:  # as the end of this process would
        connection.close()
    assert member.wait(20) == 75


def test_at_the_end_a_line_means_nothing(line):
    exchange, member = line
    lost = threading.Event()
    exchange.watch(lost.set)
    exchange.end()
    time.sleep(0.2)
    assert member.poll() is None
    member.kill()
    member.wait()
    assert not lost.wait(0.5)
