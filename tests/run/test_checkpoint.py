"""A task that is stopped at a safe point and goes on gives the bits of one that was not."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from hpcpinn.errors import StoreError
from hpcpinn.kernel import ensembles
from hpcpinn.plan import narrow
from hpcpinn.run import interruption, runs, safety
from hpcpinn.run.checkpoint import Checkpoint, Midway, packed, unpacked
from hpcpinn.run.kernels import Kernels
from hpcpinn.run.safety import SafePoints
from hpcpinn.run.session import open_session
from hpcpinn.run.task import execute
from hpcpinn.store import checkpoints, layout, ledger
from hpcpinn.study.reading import read_study
from hpcpinn.training import trajectory
from tests.launch.conftest import assert_same_bits

HEAD = 'name = "small"\nproblem = "{problem}"\n[sweep]\nwidth = 8\ndepth = 2\nseed = {seeds}\n'
POINTS = "[points]\nresidual = 5\nboundary = 2\ncompared = 16\n"
TRAINING = '[training]\nlearning_rate = "0.5 edge"\nsteps = 6\nrecord = [0, 2, 6]\n'
KERNEL = "[kernel]\ntile = 4\n"
# Weights that are measured every four steps are known from before a stop; so are moments, dampings and what is counted.
MEASURED = "[weighting]\nevery = 4\naverage = 0.5\n"
STEPS = "[training]\nsteps = 6\nrecord = [0, 2, 6]\n"
ADAM = STEPS + 'learning_rate = 0.01\noptimizer = "adam"\nweighting = "ntk"\n' + MEASURED
DAMPED = STEPS + 'optimizer = "levenberg_marquardt"\n'
LIMIT = "[limit]\ncompare = true\n"


def written(rest, problem="poisson1d", seeds=2):
    return HEAD.format(problem=problem, seeds=seeds) + POINTS + rest


# What is computed, whether networks count as narrow, and how many safe points it has: two records, six strides.
STUDIES = {
    "narrow, predicted and compared": (written(TRAINING + "predict = true\n" + KERNEL + LIMIT), True, 9),
    "narrow, float32": (written(TRAINING + KERNEL + 'precision = "float32"\n', seeds=3), True, 8),
    "narrow, by adam with weights": (written(ADAM), True, 8),
    "narrow, by Levenberg-Marquardt": (written(DAMPED), True, 8),
    "narrow, by L-BFGS": (written(STEPS + 'optimizer = "lbfgs"\n', seeds=1), True, 8),
    "narrow, linearized, with weights of rows": (
        written(STEPS + 'optimizer = "linearized"\nweighting = "residual_attention"\n[optimizer]\nrenewed = 4\n'),
        True,
        8,
    ),
    "narrow, with causal weights": (
        written(
            STEPS + 'learning_rate = 0.01\noptimizer = "adam"\nweighting = "causal"\n'
            '[weighting]\ncoordinate = "x"\nslices = 3\ncausality = [1e-4, 1e-3]\nthreshold = 0.5\n'
        ),
        True,
        8,
    ),
    "narrow, on batches, with a curriculum": (
        written(
            STEPS + 'learning_rate = 0.01\noptimizer = "adam"\n[batch]\nresidual = 3\nevery = 2\n'
            '[curriculum]\nparameter = "frequency"\nvalues = [0.5, 2]\nevery = 2\n'
        ),
        True,
        8,
    ),
    "wide, by adam with weights": (written(ADAM), False, 17),
    "wide": (written(TRAINING + KERNEL), False, 17),
    "wide, float32, predicted": (
        written(TRAINING + "predict = true\n" + KERNEL + 'precision = "float32"\n'),
        False,
        17,
    ),
    "wide without spectra": (written(TRAINING + KERNEL + 'spectrum = "none"\n'), False, 17),
    "wide, untrained": (written(KERNEL, seeds=3), False, 2),
    "with draws of a limit": (
        written(TRAINING + LIMIT + "draws = 3\n", problem="nonlinear_toy1d", seeds=1),
        True,
        9,
    ),
}


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch):
    """Nobody asks, and strides are of one step; those of the runs that these are compared with are of more."""
    monkeypatch.setattr(trajectory, "_next", lambda *_, **__: 1)
    interruption.clear()
    yield
    interruption.clear()


@pytest.fixture
def reached(monkeypatch):
    """Numbers of safe points, over all attempts, at which a stop is asked for; and how many were reached."""
    asked, seen = set(), []
    reach = SafePoints.reach

    def counted(self, *midway):
        if len(seen) in asked:
            interruption.request("preempted")
        seen.append(len(seen))
        return reach(self, *midway)

    monkeypatch.setattr(SafePoints, "reach", counted)
    return asked, seen


class Case:
    """A study of one task, its empty store, and the store of a run that nobody stopped."""

    def __init__(self, folder, text, is_narrow):
        (folder / "study.toml").write_text(text)
        self.is_narrow = is_narrow
        with narrow_at_will(is_narrow):
            self.session = open_session(read_study(folder / "study.toml"), folder / "empty.zarr", workers=1)
        (self.task,) = self.session.plan.tasks
        self.folder, self.names = folder, count()
        self.whole = self.new()
        assert self.attempt(self.whole).state == "done"

    def new(self):
        store = self.folder / f"{next(self.names)}.zarr"
        shutil.copytree(self.session.store.path, store)
        return type(self.session.store)(store, self.session.store.attributes)

    def attempt(self, store):
        interruption.clear()
        with narrow_at_will(self.is_narrow):
            return execute(self.session.study, self.session.plan, store, self.task)

    def assert_like_whole(self, store):
        assert_same_bits(store.path, self.whole.path)
        record, whole = (ledger.read(one.path, self.task.id) for one in (store, self.whole))
        assert record["files"] == whole["files"]
        assert record["measured"] == whole["measured"]
        assert not layout.checkpoint(store.path, self.task.id).exists()


@contextmanager
def narrow_at_will(is_narrow):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrow, "NARROW", 1e99 if is_narrow else 0.0)
        ensembles._is_narrow.cache_clear()
        yield
    ensembles._is_narrow.cache_clear()


def long_but(names, quick):
    """All of them, those that are not quick marked as long."""
    return [pytest.param(name, marks=() if name in quick else pytest.mark.long) for name in names]


@pytest.fixture(scope="module", params=long_but(STUDIES, quick={"narrow, float32", "wide, untrained"}))
def known(request, tmp_path_factory):
    text, is_narrow, points = STUDIES[request.param]
    return Case(tmp_path_factory.mktemp("stopped"), text, is_narrow), points


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return Case(tmp_path_factory.mktemp("one"), *STUDIES["narrow, float32"][:2])


def ends(store):
    return [json.loads(path.read_text()) for path in layout.ledger(store.path).glob(f"*{layout.ENDED}")]


def test_stopped_at_every_safe_point_in_turn(known, reached):
    case, points = known
    asked, seen = reached
    for point in range(points):
        asked.clear()
        seen.clear()
        asked.add(point)
        store = case.new()
        outcome = case.attempt(store)
        assert (outcome.state, outcome.reason) == ("stopped", "preempted")
        assert not ledger.is_done(store.path, case.task.id)
        assert [(end["reason"], end["saved"]) for end in ends(store)] == [("preempted", True)]
        assert case.attempt(store).state == "done"
        assert len(seen) == points  # no safe point is come to twice: what was done is not done again
        case.assert_like_whole(store)


def test_stopped_at_every_safe_point_one_after_the_other(known, reached):
    case, points = known
    asked, seen = reached
    asked.update(range(points))
    store = case.new()
    states = [case.attempt(store).state for _ in range(points + 1)]
    assert states == ["stopped"] * points + ["done"]
    assert len(seen) == points
    assert len(ends(store)) == points
    case.assert_like_whole(store)


def test_saved_at_every_safe_point_without_being_asked(known, reached, monkeypatch):
    case, points = known
    monkeypatch.setenv(safety.INTERVAL, "0")
    saved = []
    save = checkpoints.save
    monkeypatch.setattr(checkpoints, "save", lambda *given: (saved.append(given), save(*given)))
    store = case.new()
    assert case.attempt(store).state == "done"
    assert len(saved) == points
    assert not ends(store)
    case.assert_like_whole(store)


# Kernels of seven rows have three tiles of at most four on and above the diagonal: nine in a run of three records.
# What was computed again of step 0 is not kept again.
def test_stopped_amid_every_kernel_one_after_the_other(case, reached, monkeypatch):
    """Asked between two tiles it leaves with what there was before the kernel, and begins the kernel again."""
    _, seen = reached
    store, tiles = case.new(), []
    keep = Kernels.keep

    def counted(self, *given):
        tiles.append(0)
        if len(tiles) in (1, 5, 6, 10):  # of the first kernel, the second one twice, and the third one
            interruption.request("preempted")
        return keep(self, *given)

    monkeypatch.setattr(Kernels, "keep", counted)
    states = [case.attempt(store).state for _ in range(5)]
    assert states == ["stopped"] * 4 + ["done"]
    assert len(seen) == 8
    assert sorted(end["saved"] for end in ends(store)) == [False, False, True, True]
    case.assert_like_whole(store)


def test_it_is_saved_as_often_as_the_environment_says(case, monkeypatch):
    saved, now = [], iter(count(step=40.0))
    monkeypatch.setattr(checkpoints, "save", lambda *given: saved.append(given))
    monkeypatch.setattr(safety, "time", SimpleNamespace(monotonic=lambda: next(now)))
    monkeypatch.setenv(safety.INTERVAL, "60")
    assert case.attempt(case.new()).state == "done"
    assert len(saved) > 1
    saved.clear()
    monkeypatch.setenv(safety.INTERVAL, "1e9")
    assert case.attempt(case.new()).state == "done"
    assert not saved


@pytest.mark.parametrize("asked", ["soon", "-1", "nan"])
def test_an_interval_that_is_none_is_refused(monkeypatch, asked):
    monkeypatch.setenv(safety.INTERVAL, asked)
    with pytest.raises(StoreError, match=f"HPCPINN_SAVE_SECONDS is `{asked}`; allowed: seconds between"):
        safety.save_seconds()


def test_nothing_is_saved_before_it_is_time_to(case, monkeypatch):
    monkeypatch.setattr(checkpoints, "save", lambda *given: pytest.fail("saved"))
    assert case.attempt(case.new()).state == "done"


def test_killed_after_a_save_it_goes_on_from_there(case, reached, monkeypatch):
    _, seen = reached
    monkeypatch.setenv(safety.INTERVAL, "0")
    store = case.new()
    with monkeypatch.context() as patch:
        patch.setattr(runs._Runs, "_progress", raising(KeyboardInterrupt, at=3))
        with pytest.raises(KeyboardInterrupt):
            case.attempt(store)
    before = len(seen)
    assert layout.checkpoint(store.path, case.task.id).exists()
    assert case.attempt(store).state == "done"
    assert len(seen) == before == 8
    case.assert_like_whole(store)


def raising(error, at):
    """What is recorded of training, but for one call of it."""
    calls, progress = count(1), runs._Runs._progress

    def recorded(*given):
        if next(calls) == at:
            raise error
        return progress(*given)

    return recorded


def stopped(case, reached, point=3):
    asked, seen = reached
    asked.add(point)
    store = case.new()
    assert case.attempt(store).state == "stopped"
    asked.clear()
    seen.clear()
    return store, layout.checkpoint(store.path, case.task.id)


@pytest.mark.parametrize("kept", [0, 40, -1])
def test_a_torn_checkpoint_is_no_checkpoint(case, reached, kept):
    store, file = stopped(case, reached)
    file.write_bytes(file.read_bytes()[:kept])
    assert case.attempt(store).state == "done"
    assert len(reached[1]) == 8
    case.assert_like_whole(store)


def test_a_checkpoint_of_which_a_kernel_is_gone_is_no_checkpoint(case, reached):
    store, _ = stopped(case, reached)
    (store.path / checkpoints.load(store.path, case.task.id).facts["files"][0]).unlink()
    assert case.attempt(store).state == "done"
    assert len(reached[1]) == 8
    case.assert_like_whole(store)


def test_a_checkpoint_that_makes_a_task_fail_does_so_once(case, reached):
    store, _ = stopped(case, reached)
    state = unpacked(checkpoints.load(store.path, case.task.id))
    state.midway.leaves.pop()
    checkpoints.save(store.path, case.task.id, "b", packed(state))
    assert case.attempt(store).state == "failed"
    assert case.attempt(store).state == "done"
    case.assert_like_whole(store)


def test_a_failure_later_on_keeps_the_checkpoint(case, reached, monkeypatch):
    store, file = stopped(case, reached)
    with monkeypatch.context() as patch:
        patch.setattr(runs._Runs, "_progress", raising(RuntimeError, at=1))
        assert case.attempt(store).state == "failed"
    assert file.exists()
    assert case.attempt(store).state == "done"
    case.assert_like_whole(store)


def test_a_stop_that_was_asked_for_before_a_task_leaves_no_trace(case):
    store = case.new()
    interruption.request("walltime")
    outcome = execute(case.session.study, case.session.plan, store, case.task)
    assert (outcome.state, outcome.reason, outcome.seconds) == ("stopped", "walltime", 0.0)
    assert not ends(store)
    assert not layout.checkpoint(store.path, case.task.id).exists()


def test_time_and_peak_memory_are_those_of_all_attempts(case, reached):
    store, _ = stopped(case, reached)
    state = unpacked(checkpoints.load(store.path, case.task.id))
    assert 0 < state.midway.seconds < 60
    assert state.peak_bytes > 2**20
    state.midway.seconds, state.peak_bytes = 3000.0, 2**50
    checkpoints.save(store.path, case.task.id, "b", packed(state))
    assert case.attempt(store).state == "done"
    seconds = store.array("seconds")[...].ravel()
    assert ((seconds >= 1000) & (seconds < 1100)).all()  # three networks side by side
    assert (store.array("peak_bytes")[...] == 2**50).all()
    assert ledger.read(store.path, case.task.id)["peak_bytes"] == 2**50


ATTEMPT = """
import sys
from pathlib import Path
from hpcpinn.run import interruption
from hpcpinn.run.safety import SafePoints
from hpcpinn.run.session import open_session
from hpcpinn.run.task import execute
from hpcpinn.study.reading import read_study

study, store, stop = sys.argv[1:]
reach, times = SafePoints.reach, []

def counted(self, *midway):
    times.append(0)
    if len(times) == int(stop):
        interruption.request("preempted")
    reach(self, *midway)

SafePoints.reach = counted
session = open_session(read_study(study), Path(store), workers=1)
(task,) = session.plan.tasks
print(execute(session.study, session.plan, session.store, task).state)
"""


def attempt_on(devices, case, store, stop):
    command = [sys.executable, "-c", ATTEMPT, str(case.folder / "study.toml"), str(store.path), str(stop)]
    settings = {"JAX_NUM_CPU_DEVICES": str(devices), "JAX_PLATFORMS": "cpu"}
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **settings}, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()[-1]


@pytest.mark.parametrize("devices", long_but([(1, 2, 4), (4, 1), (2, 8, 1)], quick={(4, 1)}))
def test_it_goes_on_with_the_same_bits_on_another_number_of_devices(case, devices):
    store = case.new()
    assert [attempt_on(count, case, store, stop=2) for count in devices[:-1]] == ["stopped"] * (len(devices) - 1)
    assert attempt_on(devices[-1], case, store, stop=0) == "done"
    case.assert_like_whole(store)


def test_a_checkpoint_packs_and_unpacks():
    records = [{"loss": np.arange(4.0), "odd/name": np.array([np.nan])} for _ in range(12)]
    leaves = [np.full(k, k, np.float32) for k in range(13)]
    whole = Checkpoint(records[:11], Midway(7, 0.1, records, leaves), ["kernel/c.0"], 5)
    found = unpacked(packed(whole))
    assert str(found) == str(whole)
    assert unpacked(packed(Checkpoint())) == Checkpoint()


def test_a_wish_is_heard_until_it_is_forgotten():
    assert interruption.requested() is None
    interruption.request("cancelled")
    interruption.request("walltime")
    assert interruption.requested() == "walltime"
    interruption.clear()
    assert interruption.requested() is None
