"""A study that was run, edited and run again: only the difference runs, and the bits are those of one run."""

import numpy as np
import pytest
import xarray as xr

from hpcpinn.launch import planning
from hpcpinn.launch.planning import plan_study
from hpcpinn.launch.running import run_study
from hpcpinn.plan import packing
from hpcpinn.results.opening import open_study
from hpcpinn.run.session import open_session, plan_of, study_of
from hpcpinn.store import ledger
from hpcpinn.study.reading import read_study
from tests.launch.conftest import MEASURED, SMALL
from tests.plan.conftest import RATES


def text(width="[4]", seed=3, record="[0, 3]", rest=""):
    return (
        f'name = "edited"\nproblem = "poisson1d"\n[sweep]\nwidth = {width}\ndepth = 1\nseed = {seed}\n'
        f"[points]\nresidual = 6\nboundary = 2\n[training]\nsteps = 1200\nrecord = {record}\n{rest}"
    )


def bits(study: xr.Dataset) -> dict[str, bytes]:
    """Every number of a study, its coordinates too; not what was measured, and not how it was cut into tasks."""
    return {str(name): study[name].values.tobytes() for name in study.variables if name not in {*MEASURED, "task"}}


def attempts(store):
    return {task: ledger.read(store, task)["attempt"] for task in ledger.done(store)}


PREDICTED = "predict = true\n[limit]\ncompare = true\n"
STREAMED = '[kernel]\nspectrum = "none"\n'
GROWING = {
    "width, seeds and record": [
        text(rest=PREDICTED),
        text(record="[0, 3, 1100]", rest=PREDICTED),
        text(width="[6, 4]", seed=5, record="[0, 3, 1100, 1200]", rest=PREDICTED),
    ],
    "record of kernels that are not held": [
        text(seed=1, rest=STREAMED),
        text(seed=1, record="[0, 3, 1100]", rest=STREAMED),
    ],
}


@pytest.mark.long
@pytest.mark.parametrize("studies", GROWING.values(), ids=GROWING)
def test_the_bits_are_those_of_one_run_of_the_larger_study(studies, write_study, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "MOST_SEEDS", 2)
    grown, whole = tmp_path / "grown.zarr", tmp_path / "whole.zarr"
    for study in studies:
        before = attempts(grown) if grown.exists() else {}
        assert run_study(write_study(study), grown).missing == 0
        assert before.items() < attempts(grown).items()
    run_study(write_study(studies[-1]), whole)
    one, other = open_study(grown), open_study(whole)
    assert dict(one.sizes) == dict(other.sizes)
    assert bits(one) == bits(other)
    assert np.isfinite(one.kernel).all()
    assert plan_of(study_of(grown)).tasks == open_session(study_of(grown), grown, 1).plan.tasks


def test_a_plan_of_more_says_what_is_missing_and_writes_nothing(write_study, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "calibrate", lambda folder: RATES)
    store = tmp_path / "small.zarr"
    session = open_session(read_study(write_study()), store, 1)
    for task in session.plan.tasks:
        ledger.publish(store, ledger.attempts.begin(task.id), [])
    before = sorted((one, one.stat().st_mtime_ns) for one in store.rglob("*"))
    more = plan_study(write_study(SMALL.replace("[4, 8]", "[4, 6, 8]")), store)
    assert (len(more.plan.tasks), more.missing) == (6, 2)
    less = plan_study(write_study(SMALL.replace("[4, 8]", "[8]")), store)
    assert (less.missing, less.beyond, more.beyond) == (0, True, False)
    assert sorted((one, one.stat().st_mtime_ns) for one in store.rglob("*")) == before
