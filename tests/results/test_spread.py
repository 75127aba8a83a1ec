import numpy as np
import pytest
import xarray as xr

from hpcpinn import errors
from hpcpinn.results.spread import distance_to_widest, spread_over_seeds


def kernels(widths=(4, 16, 64), seeds=200, size=3) -> xr.DataArray:
    """A fixed matrix with fluctuations of relative size N^(-1/2)."""
    random = np.random.default_rng(0)
    noise = random.standard_normal((len(widths), seeds, size, size))
    fluctuation = np.array(widths)[:, None, None, None] ** -0.5 * 0.1 * noise
    return xr.DataArray(
        np.eye(size) + fluctuation, dims=("width", "seed", "row", "col"), coords={"width": list(widths)}, name="kernel"
    )


def test_the_spread_halves_when_the_width_is_four_times_as_large():
    spread = spread_over_seeds(kernels()).mean("seed")
    assert np.allclose(spread.values[:-1] / spread.values[1:], 2.0, rtol=0.1)


def test_identical_seeds_have_no_spread():
    assert (spread_over_seeds(kernels().isel(seed=[0, 0, 0])) < 1e-14).all()


def test_the_distance_to_the_widest_of_a_known_pair():
    pair = xr.DataArray(
        np.stack([[2 * np.eye(2)], [np.eye(2)]]), dims=("width", "seed", "row", "col"), coords={"width": [8, 32]}
    )
    distance = distance_to_widest(pair)
    assert distance["width"].values.tolist() == [8]
    assert distance.values.tolist() == [[1.0]]


def test_padding_does_not_count():
    padded = kernels().pad(row=(0, 2), col=(0, 2), constant_values=np.nan)
    assert np.allclose(distance_to_widest(padded), distance_to_widest(kernels()))
    assert np.allclose(spread_over_seeds(padded), spread_over_seeds(kernels()))


def test_a_single_width_is_refused():
    with pytest.raises(errors.ResultsError, match="at least 2 widths"):
        distance_to_widest(kernels(widths=(4,)))
