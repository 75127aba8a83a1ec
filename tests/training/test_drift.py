import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.training import drift


def parameters(weight, bias, output):
    return {
        "hidden_1": {"weight": jnp.array([[weight]]), "bias": jnp.array([bias])},
        "output": {"weight": jnp.array([[output]])},
    }


def test_the_drift_of_a_kernel_by_hand():
    start = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert drift.of_kernel(start + np.array([[0.0, 3.0], [4.0, 0.0]]), start) == 1.0
    assert drift.of_kernel(start, start) == 0.0
    assert drift.of_kernel(2.5 * start, start) == 1.5


def test_the_drift_of_parameters_is_that_of_all_of_them_as_one_vector():
    start = parameters(3.0, 0.0, 4.0)
    assert drift.of_parameters((), (parameters(3.0, 3.0, 8.0), start)) == 1.0
    assert drift.of_parameters((), (start, start)) == 0.0


def test_it_does_not_depend_on_the_scale():
    random = np.random.default_rng(0)
    start, now = random.standard_normal((2, 5, 5))
    assert drift.of_kernel(1e3 * now, 1e3 * start) == pytest.approx(drift.of_kernel(now, start), rel=1e-14)


def test_it_is_nan_and_no_error_when_training_has_diverged():
    start = np.eye(2)
    assert np.isnan(drift.of_kernel(np.full((2, 2), np.nan), start))
