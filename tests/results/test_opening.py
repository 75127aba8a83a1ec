"""A store as the labelled dataset of the contract."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from hpcpinn import errors
from hpcpinn.results.opening import open_study
from hpcpinn.store import ledger
from tests.results.conftest import TRAINED, text, values

SWEEP = ("width", "depth", "seed")
VARIABLES = {
    "kernel": (*SWEEP, "step", "row", "col"),
    "eigenvalue": (*SWEEP, "step", "block", "mode"),
    "noise_floor": (*SWEEP, "step", "block"),
    "trace": (*SWEEP, "step", "block"),
    "frobenius_norm": (*SWEEP, "step", "block"),
    "spectral_norm": (*SWEEP, "step", "block"),
    "kernel_drift": (*SWEEP, "step"),
    "parameter_drift": (*SWEEP, "step"),
    "loss": (*SWEEP, "step", "term"),
    "weight": (*SWEEP, "step", "term"),
    "relative_l2": (*SWEEP, "step"),
    "stability": (*SWEEP, "step"),
    "diverged_step": (*SWEEP, "step"),
    "seconds": SWEEP,
    "peak_bytes": SWEEP,
    "status": SWEEP,
    "task": SWEEP,
}


@pytest.fixture(scope="module")
def whole(make):
    return make()


@pytest.fixture(scope="module")
def study(whole):
    return open_study(whole[0])


def test_dimensions_of_the_contract(study):
    assert {name: study[name].dims for name in study.data_vars} == VARIABLES
    assert dict(study.sizes) == {
        "width": 3, "depth": 2, "seed": 3, "step": 3, "row": 6, "col": 6, "term": 2, "block": 3, "mode": 6,
    }  # fmt: skip


def test_coordinates_of_the_contract(study):
    assert study.width.values.tolist() == [4, 8, 16]
    assert study.depth.values.tolist() == [1, 2]
    assert study.seed.values.tolist() == [0, 1, 2]
    assert study.step.values.tolist() == [0, 3, 10]
    assert study.block.values.tolist() == ["all", "residual", "boundary"]
    assert (study.term.dims, study.x.dims) == (("row",), ("row",))
    assert study.term.values.tolist() == ["residual"] * 4 + ["boundary"] * 2
    assert study.x.values.tolist() == [0, 1, 2, 3, 4, 5]
    assert study.term_name.dims == ("term",)
    assert study.loss.sel(term_name="boundary").identical(study.loss.isel(term=1))


def test_attributes_say_where_the_numbers_come_from(whole, study):
    assert study.attrs["study"] == text()
    assert study.attrs["study_name"] == "small"
    assert study.attrs["identity"] == whole[1].identity
    assert study.attrs["equation"] == "u'' = f"
    versions = {f"{package}_version" for package in ("hpcpinn", "jax", "numpy", "zarr")}
    assert versions | {"git_commit", "created"} <= set(study.attrs)
    for name in set(VARIABLES) - {"status", "task"}:
        assert set(study[name].attrs) >= {"units", "long_name", "formula"}, name
    assert study.seconds.attrs["units"] == "s"
    assert study.peak_bytes.attrs["units"] == "bytes"


def test_values_are_those_that_the_tasks_wrote(whole, study):
    _, plan = whole
    for task in plan.tasks:
        where = dict(zip(("width", "depth"), task.cell, strict=True)) | {"seed": slice(*task.seeds)}
        for name, expected in values(plan, task).items():
            assert np.array_equal(study[name].isel(where).values, expected), name
        assert (study.task.isel(where) == int(task.id, 16)).all()


def test_the_plot_of_the_contract(study, make):
    untrained = open_study(make(text(rest=""))[0])
    for one in (untrained, study.sel(step=3)):
        assert one.eigenvalue.sel(width=8, depth=1, block="residual").mean("seed").plot(xscale="log", yscale="log")
        plt.close("all")


def test_opening_and_selecting_read_no_data(make):
    path, plan = make(text(depth="1"))
    for variable in plan.variables:
        for chunk in (path / variable.name).glob("c.*"):
            chunk.write_bytes(b"not what zarr wrote")
    study = open_study(path)
    assert (study.status == "done").all()
    part = study.sel(width=8).isel(seed=[0, 2], row=slice(2))
    assert part.kernel.shape == (1, 2, 3, 2, 6)
    with pytest.raises(Exception, match=r".+"):
        part.kernel.load()


def test_runs_that_are_not_done_are_nan_whatever_lies_on_the_disk(make):
    path, plan = make(state=lambda task: {0: "done", 1: "written"}.get(task.cell[0], "waiting"))
    study = open_study(path)
    assert study.status.isel(depth=0, seed=0).values.tolist() == ["done", "waiting", "waiting"]
    for name in set(VARIABLES) - {"status", "task"}:
        assert np.isfinite(study[name].isel(width=0)).all(), name
        assert np.isnan(study[name].isel(width=[1, 2])).all(), name
        assert np.isnan(study[name].isel(width=1, depth=0, seed=0)).all(), name
    task = plan.tasks[0]
    (path / "ledger" / f"{task.id}.done.json").unlink()
    again = open_study(path)
    assert (again.status.isel(width=0, depth=0) == "waiting").all()
    assert np.isnan(again.trace.isel(width=0, depth=0)).all()
    assert np.isfinite(again.trace.isel(width=0, depth=1)).all()


def test_failed_runs_are_nan_and_say_so(make):
    path, _ = make(state=lambda task: "failed" if task.cell == (1, 0) else "done")
    study = open_study(path)
    assert (study.status.sel(width=8, depth=1) == "failed").all()
    assert (study.status == "failed").sum() == 3
    assert np.isnan(study.eigenvalue.sel(width=8, depth=1)).all()
    assert len(ledger.failures(path)) == 1


def test_a_store_in_which_nothing_has_run(make):
    study = open_study(make(state=lambda task: "waiting")[0])
    assert (study.status == "waiting").all()
    assert np.isnan(study.kernel).all()
    assert study.x.values.tolist() == [0, 1, 2, 3, 4, 5]


def test_dask_arrays_have_the_chunks_of_the_store(make):
    path, plan = make(text(seed="20", rest='[kernel]\ntile = 4\nkeep = "all"\n'))
    lazy, plain = open_study(path, chunks={}), open_study(path)
    assert lazy.kernel.chunksizes["row"] == (4, 2)
    for variable in plan.variables:
        assert lazy[variable.name].data.chunksize == variable.chunks, variable.name
        assert lazy[variable.name].equals(plain[variable.name])
    assert plain.kernel.chunks is None
    coarse = open_study(path, chunks={"seed": 10})
    assert coarse.trace.chunksizes["seed"] == (10, 10)
    assert coarse.trace.equals(plain.trace)


def test_a_swept_number_of_points_pads_rows(make):
    study = open_study(make(text('"points.residual" = [4, 2]', rest=""))[0])
    assert study.kernel.dims == ("width", "depth", "residual", "seed", "step", "row", "col")
    assert study.term.dims == study.x.dims == ("residual", "row")
    assert study.term.sel(residual=4).values.tolist() == ["residual"] * 4 + ["boundary"] * 2
    assert study.term.sel(residual=2).values.tolist() == ["residual"] * 2 + ["boundary"] * 2 + ["", ""]
    assert np.isnan(study.x.sel(residual=2)).values.tolist() == [False] * 4 + [True] * 2
    short = study.kernel.sel(residual=2)
    assert np.isfinite(short.isel(row=slice(4), col=slice(4))).all()
    assert np.isnan(short.isel(row=slice(4, None))).all()
    assert np.isnan(short.isel(col=slice(4, None))).all()
    assert np.isnan(study.eigenvalue.sel(residual=2).isel(mode=slice(4, None))).all()
    assert np.isfinite(study.kernel.sel(residual=4)).all()


@pytest.mark.parametrize(("keep", "kept"), [("first_seed", 1), ("none", 0)])
def test_kernels_that_are_not_kept(keep, kept, make):
    study = open_study(make(text(seed="12", rest=f'[kernel]\nkeep = "{keep}"\n'))[0])
    assert np.isfinite(study.eigenvalue).all()
    if kept:
        assert np.isfinite(study.kernel.sel(seed=0)).all()
        assert np.isnan(study.kernel.isel(seed=slice(1, None))).all()
    assert ("kernel" in study) == bool(kept)


def test_single_precision_kernels_beside_spectra_in_double(make):
    study = open_study(make(text(rest='[kernel]\nprecision = "float32"\n'))[0])
    assert (study.kernel.dtype, study.eigenvalue.dtype) == (np.float32, np.float64)
    assert study.kernel.isel(width=[0, 2], seed=1).load().dtype == np.float32


def test_an_axis_of_strings(make):
    study = open_study(make(text('"network.activation" = ["tanh", "sin"]'))[0])
    assert study.activation.values.tolist() == ["tanh", "sin"]
    assert study.trace.dims == ("width", "depth", "activation", "seed", "step", "block")
    assert study.trace.sel(activation="sin").identical(study.trace.isel(activation=1))


def test_an_axis_of_problem_parameters_and_one_of_mixed_learning_rates(make):
    sweep = '"problem_parameters.frequency" = [1, 2.5]\n"training.learning_rate" = ["0.5 edge", 0.001, "1 edge"]'
    study = open_study(make(text(sweep))[0])
    assert study.frequency.values.tolist() == [1.0, 2.5]
    assert study.learning_rate.values.tolist() == ["0.5 edge", "0.001", "1 edge"]
    assert study.loss.dims == ("width", "depth", "frequency", "learning_rate", "seed", "step", "term")
    assert study.loss.sel(frequency=2.5, learning_rate="0.001", seed=2).sizes["width"] == 3


def test_plain_xarray_opens_the_store_too(whole, study):
    with xr.open_zarr(whole[0], consolidated=False, chunks=None) as plain:
        assert set(plain.data_vars) | set(plain.coords) >= set(VARIABLES) - {"status"}
        for name in set(VARIABLES) - {"status"}:
            assert plain[name].dims == study[name].dims
            assert np.array_equal(plain[name].values, study[name].values)
        assert plain.attrs["identity"] == study.attrs["identity"]


def test_the_state_is_that_of_the_moment_of_opening(make):
    path, plan = make(text(depth="1"), state=lambda task: "written")
    before = open_study(path)
    record = {"task": plan.tasks[0].id, "files": {}}
    (path / "ledger" / f"{plan.tasks[0].id}.done.json").write_text(json.dumps(record))
    assert (before.status == "waiting").all()
    assert np.isnan(before.trace).all()
    assert np.isfinite(open_study(path).trace.isel(width=0)).all()


@pytest.mark.parametrize("kind", ["missing", "file", "folder"])
def test_what_is_no_store(kind, tmp_path):
    path = tmp_path / "s.zarr"
    if kind == "file":
        path.write_text("")
    if kind == "folder":
        path.mkdir()
    with pytest.raises(errors.StoreError, match=r"s\.zarr"):
        open_study(path)


def test_the_steps_of_the_record_are_a_dimension_even_without_training(make):
    study = open_study(make(text(rest=""))[0])
    assert study.step.values.tolist() == [0]
    assert {"kernel_drift", "loss", "stability", "diverged_step"}.isdisjoint(study.data_vars)
    assert "relative_l2" in study
    assert TRAINED not in study.attrs["study"]


def test_a_limit_is_there_when_the_task_that_writes_it_is_done(make):
    state = {(0, 0): "done", (0, 1): "written"}
    limited = text('"network.bias_std" = [0.5, 1.0]')
    path, _ = make(limited + "[limit]\ncompare = true\n", lambda task: state.get(task.cell[:2], "done"))
    study = open_study(path)
    assert study.limit_kernel.dims == ("depth", "bias_std", "row", "col")
    # Depth 1 from the first task of the first width, depth 2 not yet: the other widths are no owners.
    assert study.limit_trace.isel(block=0).values.tolist()[0] == [1.0, 2.0]
    assert np.isnan(study.limit_trace.sel(depth=2)).all()
    assert np.isfinite(study.limit_distance.sel(depth=2, width=8)).all()
    assert (study.limit_kernel.isel(depth=0, bias_std=1, row=[1, 3], col=0) == 2.0).all()
