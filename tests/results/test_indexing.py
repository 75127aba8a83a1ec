"""Every way of indexing a lazy array gives what indexing the loaded one gives."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpcpinn.results.opening import open_study
from tests.results.conftest import text

SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = ("kernel", "eigenvalue", "loss", "seconds")


@pytest.fixture(scope="module")
def arrays(make) -> tuple[xr.Dataset, dict[str, xr.DataArray]]:
    """A store of which a third has run, and the same arrays in memory."""
    path, _ = make(
        text(seed="10", width="[4, 8]", rest="[training]\nsteps = 2\n[kernel]\ntile = 4\n"),
        state=lambda task: ("done", "written", "failed")[(task.cell[0] + task.seeds[0]) % 3],
    )
    loaded = open_study(path).load()
    assert 0 < (loaded.status == "done").sum() < loaded.status.size
    return open_study(path), {name: loaded[name] for name in NAMES}


def index(size: int) -> st.SearchStrategy[Any]:
    """An index of one dimension as numpy and xarray understand it.

    xarray (2026.9) cannot read an empty slice that goes backwards, from whatever backend.
    """
    places = st.integers(-size, size - 1)
    return st.one_of(
        places,
        st.slices(size).filter(lambda part: (part.step or 1) > 0 or len(range(size)[part])),
        st.lists(places, max_size=size + 2).map(lambda chosen: np.array(chosen, dtype=int)),
        st.lists(st.booleans(), min_size=size, max_size=size).map(np.array),
    )


def indexed(values: np.ndarray, places: tuple[Any, ...]) -> np.ndarray:
    """Index every dimension by itself, the last one first."""
    for axis, one in reversed(list(enumerate(places))):
        values = values[(slice(None),) * axis + (one,)]
    return values


@SETTINGS
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_indexing_each_dimension(data, name, arrays):
    lazy, loaded = arrays[0][name], arrays[1][name]
    places = tuple(data.draw(st.one_of(st.just(slice(None)), index(size))) for size in loaded.shape)
    part = lazy.isel(dict(zip(loaded.dims, places, strict=True)))
    assert np.array_equal(part.values, indexed(loaded.values, places), equal_nan=True)
    assert part.dtype == loaded.dtype


@SETTINGS
@given(data=st.data())
def test_indexing_what_is_indexed(data, arrays):
    lazy, loaded = arrays[0].eigenvalue, arrays[1]["eigenvalue"]
    for _ in range(2):
        dim = data.draw(st.sampled_from(loaded.dims))
        size = loaded.sizes[dim]
        place = data.draw(index(size).filter(lambda one, size=size: np.arange(size)[one].size))
        lazy, loaded = lazy.isel({dim: place}), loaded.isel({dim: place})
    assert lazy.identical(loaded)


def test_picking_single_runs(arrays):
    places = {dim: xr.DataArray([0, 1, 1, 0], dims="run") for dim in ("width", "depth")}
    places["seed"] = xr.DataArray([9, 0, 8, 3], dims="run")
    for name in NAMES:
        assert arrays[0][name].isel(places).identical(arrays[1][name].isel(places))


def test_selecting_by_label(arrays):
    where = {"width": [8, 4], "depth": 2, "seed": slice(3, 8)}
    for name in NAMES:
        assert arrays[0][name].sel(where).identical(arrays[1][name].sel(where))


def test_reductions_and_arithmetic(arrays):
    lazy, loaded = arrays[0].trace, arrays[0].trace.load()
    assert lazy.mean("seed").equals(loaded.mean("seed"))
    assert (lazy / lazy.isel(step=0)).equals(loaded / loaded.isel(step=0))
    assert lazy.where(arrays[0].status == "done").equals(loaded)
