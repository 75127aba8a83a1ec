"""Every executor gives the bits of the serial one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hpcpinn import errors
from hpcpinn.launch.executors import catalogue
from hpcpinn.launch.executors.serial import SerialExecutor
from hpcpinn.launch.running import run_study
from hpcpinn.store import ledger
from tests.launch.conftest import TRAINED, assert_same_bits


def test_serial_and_processes_give_the_same_bits(tmp_path, write_study):
    study = write_study(TRAINED)
    serial = run_study(study, tmp_path / "serial.zarr", on="serial")
    processes = run_study(study, tmp_path / "processes.zarr", on="processes", workers=2)
    assert serial.failures == processes.failures == ()
    assert serial.done == processes.done == 4
    assert_same_bits(serial.store, processes.store)


def test_an_executor_of_the_callers(tmp_path, write_study):
    study = write_study()
    with ThreadPoolExecutor(1) as executor:
        given = run_study(study, tmp_path / "given.zarr", on=executor, workers=1)
        assert executor.submit(lambda: 1).result() == 1  # not shut down: it is the caller's
    assert_same_bits(given.store, run_study(study, tmp_path / "serial.zarr").store)


def test_running_twice_at_once(tmp_path, write_study, start):
    study = write_study(TRAINED)
    both = [start("run", study, "--store", tmp_path / "both.zarr") for _ in range(2)]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    alone = run_study(study, tmp_path / "alone.zarr")
    assert_same_bits(tmp_path / "both.zarr", alone.store)
    assert len(ledger.done(tmp_path / "both.zarr")) == alone.done


def test_running_again_runs_nothing(tmp_path, write_study):
    study = write_study()
    run_study(study, tmp_path / "s.zarr")
    seen = []
    run_study(study, tmp_path / "s.zarr", started=lambda *facts: seen.append(facts))
    assert seen == [("small", tmp_path / "s.zarr", 4, 0)]


def test_the_serial_executor_keeps_exceptions_and_lets_interrupts_through():
    executor = SerialExecutor()
    assert executor.submit(int, "7").result() == 7
    assert isinstance(executor.submit(int, "x").exception(), ValueError)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executor.submit(interrupt)


@pytest.mark.parametrize(
    ("on", "workers", "words"),
    [
        ("proceses", None, ["`proceses`", "Did you mean `processes`"]),
        ("serial", 3, ["3 workers", "--on processes --workers 3"]),
        ("processes", 0, ["0 workers", "1 or more"]),
    ],
)
def test_impossible_executors(on, workers, words):
    with pytest.raises(errors.HpcpinnError) as caught:
        catalogue.engine(on, workers)
    for word in words:
        assert word in str(caught.value)
