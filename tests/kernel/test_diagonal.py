"""Diagonals and traces without the kernel, against the kernel and against the Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import assembly
from hpcpinn.kernel.diagonal import diagonal, traces
from hpcpinn.model.networks import ARCHITECTURES

COUNTS = {"curvature": 150, "steady_burgers": 5, "value": 2}  # 75 rows in a panel, padded to two strips of 38


@pytest.fixture(scope="module", params=["mlp", "modified_mlp"])
def network(request):
    return ARCHITECTURES[request.param](width=8, depth=2, parametrization="mup", weight_std=1.3, bias_std=0.7)


@pytest.fixture(scope="module")
def params(operators, network, draw):
    return draw(network, operators(), 4)


@pytest.fixture(scope="module")
def points(operators):
    return operators().sample(COUNTS)


@pytest.fixture(scope="module")
def found(operators, network, params, points):
    return diagonal(operators(), network, params, points)


def test_it_is_the_diagonal_of_the_kernel(operators, network, params, points, found, eps):
    expected = np.diag(assembly.ntk(operators(), network, params, points))
    np.testing.assert_allclose(found, expected, rtol=0, atol=20 * eps * expected.max())


def test_it_is_the_squared_norms_of_the_rows_of_the_jacobian(
    operators, network, params, points, found, residual_vector, eps
):
    jacobian = jax.jit(jax.jacrev(residual_vector(operators(), network, points)))(params)
    expected = sum(np.sum(np.asarray(leaf).reshape(157, -1) ** 2, axis=1) for leaf in jax.tree.leaves(jacobian))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_traces_are_its_sums_over_terms(operators, network, params, points, found, eps):
    expected = {"curvature": found[:150], "steady_burgers": found[150:155], "value": found[155:]}
    sums = traces(operators(), network, params, points)
    assert sums == {name: pytest.approx(part.sum(), rel=150 * eps) for name, part in expected.items()}
    assert list(sums) == list(COUNTS)


def test_parameters_in_float32_give_norms_in_float32_and_their_sums_in_float64(
    operators, network, params, points, found
):
    low = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), params)
    rounded = diagonal(operators(), network, low, points)
    assert rounded.dtype == np.float32
    np.testing.assert_allclose(rounded, found, rtol=0, atol=1000 * np.finfo(np.float32).eps * found.max())
    sums = traces(operators(), network, low, points)
    assert sums["curvature"] == rounded[:150].astype(np.float64).sum()
