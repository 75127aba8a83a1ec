import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn import errors
from hpcpinn.results.power_law import scaling

WIDTHS = [8, 16, 32, 64, 128]


def law(exponent: float, noise: float = 0.0, seeds: int = 12, widths: list[int] = WIDTHS) -> xr.DataArray:
    random = np.random.default_rng(3)
    factors = np.exp(noise * random.standard_normal((len(widths), seeds)))
    values = 3.0 * np.array(widths, dtype=float)[:, None] ** exponent * factors
    return xr.DataArray(values, dims=("width", "seed"), coords={"width": widths}, name="law")


@given(st.floats(-3, 3))
def test_an_exact_power_law_is_found_exactly(exponent):
    fit = scaling(law(exponent))
    assert abs(fit.exponent - exponent) < 1e-10
    assert fit.high - fit.low < 1e-10
    assert fit.over == tuple(WIDTHS)


def test_the_order_of_widths_does_not_matter():
    data = law(-0.5, noise=0.3)
    assert scaling(data.isel(width=[3, 1, 4, 0, 2])) == scaling(data)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    hits = 0
    for trial in range(100):
        random = np.random.default_rng(trial)
        values = np.array(WIDTHS)[:, None] ** -0.5 * np.exp(0.4 * random.standard_normal((len(WIDTHS), 20)))
        fit = scaling(xr.DataArray(values, dims=("width", "seed"), coords={"width": WIDTHS}))
        hits += fit.low <= -0.5 <= fit.high
    assert 85 <= hits <= 100  # 95 expected; the bootstrap is a little narrow with 20 seeds


def test_noise_widens_the_interval():
    narrow, wide = scaling(law(-0.5, noise=0.05)), scaling(law(-0.5, noise=0.5))
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_missing_runs_are_left_out_and_counted():
    data = law(-1.0)
    data[0, :5] = np.nan
    fit = scaling(data)
    assert abs(fit.exponent + 1.0) < 1e-10
    assert fit.seeds == 7


def test_a_width_without_any_run_is_left_out():
    data = law(-1.0)
    data[2] = np.nan
    assert scaling(data).over == (8, 16, 64, 128)


def test_another_dimension_and_no_seeds():
    data = law(2.0).isel(seed=0, drop=True).rename(width="points")
    assert abs(scaling(data, dim="points").exponent - 2.0) < 1e-10


@pytest.mark.parametrize(
    ("data", "dim", "floor", "words"),
    [
        (law(-0.5, widths=[8, 16]), "width", 0.0, ["2 values", "at least 3"]),
        (law(-0.5), "widht", 0.0, ["`widht`", "Did you mean `width`"]),
        (law(-0.5).expand_dims(depth=[1, 2]), "width", 0.0, ["depth", "array.isel(depth=0)"]),
        (-law(-0.5), "width", 0.0, ["not positive"]),
        (law(-0.5), "width", 0.5, ["round-off", "above 0.5"]),
    ],
)
def test_fits_that_mean_nothing_are_refused(data, dim, floor, words):
    with pytest.raises(errors.ResultsError) as caught:
        scaling(data, dim, floor=floor)
    for word in words:
        assert word in str(caught.value)


def test_a_fit_as_text_says_what_it_was_fitted_to():
    text = str(scaling(law(-0.5)))
    assert text.startswith("-0.500 [-0.500, -0.500]")
    assert "12 seeds" in text
    assert "8 ... 128" in text
