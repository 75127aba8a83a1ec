"""What notebooks share: the tally of runs, coefficients of variation, laws and distances."""

import numpy as np
import pytest
import xarray as xr

import hpcpinn
from hpcpinn import errors, results
from hpcpinn.results.opening import open_study
from tests.results.conftest import text


def test_the_tally_counts_what_has_no_result(make):
    state = {(0, 0): "failed", (1, 1): "waiting", (2, 0): "written"}
    path, _ = make(text(), lambda task: state.get(task.cell, "done"))
    study = open_study(path)
    assert results.tally(study) == "18 runs, 3 failed, 6 waiting"
    assert results.tally(study.isel(depth=0)) == "9 runs, 3 failed, 3 waiting"
    assert results.tally(study.isel(width=1, depth=0)) == "3 runs"


def test_the_coefficient_of_variation_of_known_numbers():
    array = xr.DataArray([[1.0, 3.0, np.nan], [4.0, np.nan, np.nan]], dims=("width", "seed"), name="trace")
    found = results.variation(array)
    assert found.values[0] == pytest.approx(np.sqrt(2) / 2)
    assert np.isnan(found.values[1])
    assert found.attrs["long_name"] == "coefficient of variation of trace"


def test_samples_of_one_law_are_not_told_apart_and_of_two_laws_are():
    random = np.random.default_rng(0)
    finite = xr.DataArray(
        np.stack([random.normal(1, 1, 300), random.normal(0, 1, 300)]),
        dims=("width", "seed"), coords={"width": [8, 4096]}, name="trace",
    )  # fmt: skip
    limit = xr.DataArray(random.normal(0, 1, 200), dims="draw")
    p = results.same_law(finite, limit)
    assert p.dims == ("width",)
    assert p.sel(width=8) < 1e-6
    assert p.sel(width=4096) > 0.05


def test_runs_that_did_not_finish_are_no_part_of_a_sample():
    finite = xr.DataArray([[0.0, 1.0, np.nan], [np.nan] * 3], dims=("width", "seed"), name="trace")
    limit = xr.DataArray([0.0, 1.0], dims="draw")
    p = results.same_law(finite, limit)
    assert p.values[0] == 1.0
    assert np.isnan(p.values[1])


def test_a_limit_that_is_not_random_is_no_sample():
    with pytest.raises(errors.ResultsError, match="no sample over `draw`"):
        results.same_law(xr.DataArray([1.0], dims="seed", name="trace"), xr.DataArray(1.0, name="limit_trace"))


def test_the_mean_over_seeds_is_nearer_to_the_limit_than_single_seeds():
    random = np.random.default_rng(0)
    kernel = xr.DataArray(np.eye(3) + random.standard_normal((400, 3, 3)), dims=("seed", "row", "col"))
    limit = xr.DataArray(np.eye(3), dims=("row", "col"))
    expected = np.linalg.norm(kernel.values.mean(axis=0) - np.eye(3)) / np.sqrt(3)
    assert results.distance_of_mean(kernel, limit) == pytest.approx(expected)


def test_everything_shared_is_found_from_the_package():
    assert hpcpinn.results.scaling is results.scaling
    assert set(results.__all__) <= set(dir(hpcpinn.results))


def test_exponents_are_the_scaling_at_every_position():
    random = np.random.default_rng(0)
    widths, slopes = np.array([4, 16, 64]), {"wave": -0.5, "heat": -1.0}
    values = [[widths[:, None] ** slope * random.uniform(1, 1.1, (3, 20)) for _ in (1, 2)] for slope in slopes.values()]
    array = xr.DataArray(
        values, dims=("problem", "depth", "width", "seed"),
        coords={"problem": list(slopes), "depth": [1, 2], "width": widths}, name="distance",
    )  # fmt: skip
    found = results.exponents(array)
    assert found.exponent.dims == ("problem", "depth")
    for problem, slope in slopes.items():
        for depth in (1, 2):
            law = results.scaling(array.sel(problem=problem, depth=depth))
            here = found.sel(problem=problem, depth=depth)
            assert (here.exponent, here.low, here.high) == (law.exponent, law.low, law.high)
            assert law.exponent == pytest.approx(slope, abs=0.05)
    assert results.exponents(array.isel(problem=0, depth=0)).exponent == found.exponent.isel(problem=0, depth=0)
