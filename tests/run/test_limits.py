"""Studies that are compared with infinitely wide networks, from the file to the dataset."""

import jax
import numpy as np
import pytest

import hpcpinn
from hpcpinn.kernel import blocks
from hpcpinn.limit.kernel import limit_kernel
from hpcpinn.run import limits

LINEAR = """
name = "linear"
problem = "poisson1d"
[sweep]
width = [16, 1024]
depth = [1]
seed = 3
"network.bias_std" = [1.0]
[points]
residual = 6
boundary = 2
[training]
learning_rate = "0.05 edge"
steps = 20
record = [0, 1, 20]
predict = true
[limit]
compare = true
"""
NONLINEAR = """
name = "nonlinear"
problem = "nonlinear_toy1d"
[sweep]
width = [8, 16]
seed = 2
[network]
depth = 1
parametrization = "standard"
[points]
residual = 4
boundary = 2
[training]
steps = 1
predict = true
[limit]
compare = true
draws = 5
seed = 3
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    def run(text):
        folder = tmp_path_factory.mktemp("limits")
        (folder / "study.toml").write_text(text)
        completion = hpcpinn.run_study(folder / "study.toml", store=folder / "study.zarr")
        assert completion.missing == 0
        return hpcpinn.open_study(folder / "study.zarr")

    return run


@pytest.fixture(scope="module")
def linear(opened):
    return opened(LINEAR).load()


@pytest.fixture(scope="module")
def nonlinear(opened):
    return opened(NONLINEAR).load()


def test_the_limit_of_the_store_is_that_of_the_package(linear):
    problem = hpcpinn.problem("poisson1d")
    points = problem.sample({"residual": 6, "boundary": 2})
    kernel = hpcpinn.limit_ntk(problem, hpcpinn.MLP(width=1, depth=1, activation="tanh"), points).values
    here = linear.isel(depth=0, bias_std=0)
    np.testing.assert_array_equal(here.limit_kernel, kernel)
    described = blocks.describe(kernel, points.counts)
    for name in ("eigenvalue", "trace", "frobenius_norm", "spectral_norm"):
        np.testing.assert_array_equal(here[f"limit_{name}"], described[name])


def test_it_depends_on_the_axes_that_it_depends_on(linear, nonlinear):
    assert linear.limit_kernel.dims == ("depth", "bias_std", "row", "col")
    assert linear.limit_eigenvalue.dims == ("depth", "bias_std", "block", "mode")
    assert linear.limit_distance.dims == ("width", "depth", "bias_std", "seed", "step")
    assert nonlinear.limit_eigenvalue.dims == ("depth", "draw", "block", "mode")
    assert nonlinear.limit_trace.dims == ("depth", "draw", "block")


def test_the_distance_is_that_of_the_stored_kernels_at_every_step(linear):
    difference = linear.kernel / linear.limit_scale - linear.limit_kernel
    expected = (difference**2).sum(("row", "col")) ** 0.5 / (linear.limit_kernel**2).sum(("row", "col")) ** 0.5
    np.testing.assert_allclose(linear.limit_distance, expected.transpose(*linear.limit_distance.dims), rtol=1e-12)
    wide, narrow = (linear.limit_distance.sel(width=width).isel(step=0).mean("seed") for width in (1024, 16))
    assert (wide < 0.5 * narrow).all()


def test_kernels_of_the_standard_parametrization_are_divided_by_the_width(linear, nonlinear):
    assert (linear.limit_scale == 1).all()
    assert (nonlinear.limit_scale == nonlinear.width).all()
    found = (nonlinear.trace.isel(step=0) / nonlinear.limit_scale).sel(block="all").mean()
    assert 0.1 < found / nonlinear.limit_trace.sel(block="all").mean() < 10


def test_the_limit_that_kernels_of_a_width_are_compared_with_grows_with_it(cell):
    standard = '[network]\nparametrization = "standard"\n[limit]\ncompare = true\n'
    narrow, wide = (cell(width=width, rest=standard) for width in (8, 32))
    expected = limit_kernel(narrow.problem, narrow.network, narrow.points).values
    np.testing.assert_array_equal(limits.limit_of(narrow), 8 * expected)
    np.testing.assert_array_equal(limits.limit_of(wide), 32 * expected)


def test_predictions_begin_where_training_does_and_norms_are_those_of_the_losses(linear):
    first = linear.isel(step=0)
    for found, predicted in (
        ("residual_norm", "predicted_residual_norm"),
        ("mode_residual", "predicted_mode_residual"),
    ):
        for kernel in ("initial", "limit"):
            of_kernel = first[found].sel(linearized=kernel) if "linearized" in first[found].dims else first[found]
            np.testing.assert_allclose(first[predicted].sel(linearized=kernel), of_kernel, rtol=1e-10)
    rows = np.array([6, 2])
    np.testing.assert_allclose(linear.residual_norm[..., 1:].values ** 2 / rows, linear.loss, rtol=1e-12)


def test_modes_are_the_weighted_residuals_in_another_basis(linear):
    weighted = linear.loss.sum("term")  # the loss is the mean of squares, so its weights are those of the modes
    for kernel in ("initial", "limit"):
        modes = (linear.mode_residual.sel(linearized=kernel) ** 2).sum("mode")
        np.testing.assert_allclose(modes, weighted, rtol=1e-10)


def test_wide_networks_follow_the_prediction_and_narrow_ones_do_not(linear):
    last = linear.isel(step=-1).sel(block="all")
    miss = abs(last.predicted_residual_norm / last.residual_norm - 1).mean("seed")
    assert (miss.sel(width=1024) < 0.4 * miss.sel(width=16)).all()
    assert (miss.sel(width=1024) < 0.1).all()


def test_draws_of_a_random_limit_are_those_of_the_package(nonlinear):
    problem = hpcpinn.problem("nonlinear_toy1d")
    points = problem.sample({"residual": 4, "boundary": 2})
    network = hpcpinn.MLP(width=1, depth=1, activation="tanh", parametrization="standard")
    kernels = limit_kernel(problem, network, points, key=jax.random.key(3), draws=5).values
    np.testing.assert_allclose(nonlinear.limit_trace.sel(depth=1, block="all"), np.trace(kernels, axis1=1, axis2=2))
    assert "limit_kernel" not in nonlinear
    assert "limit_distance" not in nonlinear
    assert nonlinear.linearized.values.tolist() == ["initial"]


def test_a_spectrum_is_needed(opened):
    with pytest.raises(hpcpinn.HpcpinnError, match=r"`limit.compare` cannot be true: it needs a kernel that is held"):
        opened(LINEAR + '[kernel]\nspectrum = "none"\n')
    text = LINEAR.replace("[limit]\ncompare = true\n", '[kernel]\nspectrum = "none"\n')
    with pytest.raises(hpcpinn.HpcpinnError, match=r"`training.predict` cannot be true.*`predict = false`"):
        opened(text)
