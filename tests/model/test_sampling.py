import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn import errors
from hpcpinn.model import catalogue, sampling
from hpcpinn.model.sampling import latin_hypercube, sobol

KEY = jax.random.key(11)
METHODS = ["grid", "latin_hypercube", "sobol", "uniform"]
WAVE = catalogue.problem("wave1d")
COUNTS = {"residual": 16, "initial": 5, "velocity": 3, "walls": 6}


def test_the_catalogue_is_what_the_contract_names():
    assert sorted(sampling.METHODS) == METHODS


@pytest.mark.parametrize("method", METHODS)
def test_points_lie_in_the_domain_and_on_their_faces(method):
    points = WAVE.sample(COUNTS, KEY, method)
    assert points.counts == COUNTS
    assert points.coordinates == ("t", "x")
    for rows in points.by_term.values():
        assert rows.dtype == np.float64
        assert np.all((rows >= 0) & (rows <= 1))
    assert np.all(points["initial"][:, 0] == 0)
    assert np.all(points["velocity"][:, 0] == 0)
    np.testing.assert_array_equal(points["walls"][:, 1], [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("method", METHODS)
def test_points_follow_from_the_key_alone(method):
    first, again, other = (WAVE.sample(COUNTS, jax.random.key(seed), method).all for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) == (method == "grid")


@pytest.mark.parametrize("method", METHODS)
def test_a_term_does_not_depend_on_the_counts_of_the_others(method):
    points, more = WAVE.sample(COUNTS, KEY, method), WAVE.sample(COUNTS | {"residual": 64}, KEY, method)
    for name in ("initial", "velocity", "walls"):
        np.testing.assert_array_equal(points[name], more[name])


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol", "uniform"])
def test_terms_and_faces_have_random_numbers_of_their_own(method):
    points = WAVE.sample({"residual": 4, "initial": 4, "velocity": 4, "walls": 8}, KEY, method)
    columns = [points["initial"][:, 1], points["velocity"][:, 1], points["walls"][:4, 0], points["walls"][4:, 0]]
    assert len({tuple(column) for column in columns}) == len(columns)


def test_a_grid_has_its_ends_and_the_last_coordinate_is_the_fastest():
    points = catalogue.problem("helmholtz2d").sample({"residual": 9, "walls": 8})
    np.testing.assert_array_equal(points["residual"], [[x, y] for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0)])
    np.testing.assert_array_equal(points["walls"][:2], [[-1, -1], [-1, 1]])


def test_faces_of_an_interval_are_points_shared_out_evenly():
    points = catalogue.problem("poisson1d").sample({"residual": 1, "boundary": 5})
    np.testing.assert_array_equal(points["boundary"][:, 0], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(points["residual"], [[0.5]])


def test_points_stand_one_term_after_the_other():
    points = WAVE.sample(COUNTS, KEY, "uniform")
    np.testing.assert_array_equal(points.all, np.concatenate([points[name] for name in COUNTS]))
    assert points.labels == [name for name, count in COUNTS.items() for _ in range(count)]


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 40), dimension=st.integers(1, 3), seed=st.integers(0, 2**64 - 1))
def test_a_latin_hypercube_has_one_point_in_every_slice(rows, dimension, seed):
    slices = np.floor(rows * latin_hypercube.points(rows, dimension, seed))
    assert np.all(np.sort(slices, axis=0) == np.arange(rows)[:, None])


@settings(max_examples=25, deadline=None)
@given(power=st.integers(0, 6), dimension=st.integers(1, 3), seed=st.integers(0, 2**64 - 1))
def test_a_power_of_two_of_sobol_points_fills_every_slice_once(power, dimension, seed):
    rows = 2**power
    slices = np.floor(rows * sobol.points(rows, dimension, seed))
    assert np.all(np.sort(slices, axis=0) == np.arange(rows)[:, None])


@pytest.mark.parametrize(
    ("changed", "key", "method", "message"),
    [
        ({"resdual": 4}, KEY, "uniform", r"a term `resdual` that does not exist.*Did you mean `residual`"),
        ({"initial": 0}, KEY, "uniform", r"term `initial` has 0 points; allowed: at least 1. Write `initial = 1`"),
        ({"walls": 1}, KEY, "uniform", r"`walls` has 1 points; allowed: at least 2, one for each.*Write `walls = 2`"),
        ({"residual": 17}, None, "grid", r"grid of 17 points in 2 dimensions does not exist; allowed.*16 or 25"),
        ({}, None, "sobol", r"sampling `sobol` is random; allowed: with a key"),
        ({}, KEY, "random", r"sampling `random` does not exist; allowed: grid, latin_hypercube"),
    ],
)
def test_impossible_points_are_refused(changed, key, method, message):
    with pytest.raises(errors.ProblemError, match=message):
        WAVE.sample(COUNTS | changed, key, method)


def test_a_term_that_is_left_out_has_no_points():
    with pytest.raises(errors.ProblemError, match=r"term `walls` has 0 points"):
        WAVE.sample({"residual": 4, "initial": 1, "velocity": 1})
