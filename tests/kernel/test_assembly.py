"""The kernel is J J^T: what follows from that, and that nothing follows from how it was cut."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import assembly, spectrum
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP

COUNTS = {"curvature": 5, "steady_burgers": 3, "value": 2}
TERMS = {"curvature": slice(0, 5), "steady_burgers": slice(5, 8), "value": slice(8, 10)}


@pytest.fixture(scope="module")
def problem(operators):
    return operators()


@pytest.fixture(scope="module")
def network():
    return MLP(width=12, depth=2)


@pytest.fixture(scope="module")
def params(problem, network):
    return network.init(jax.random.key(1), problem)


@pytest.fixture(scope="module")
def points(problem):
    return problem.sample(COUNTS)


@pytest.fixture(scope="module")
def kernel(problem, network, params, points):
    return assembly.ntk(problem, network, params, points)


def scale(kernel):
    return np.abs(kernel).max()


def test_it_is_symmetric_to_the_last_bit_however_it_is_cut(problem, network, params, points, kernel, eps):
    for tile in (1, 2, 3):
        cut = assembly.ntk(problem, network, params, points, tile)
        np.testing.assert_array_equal(cut, cut.T)
        np.testing.assert_allclose(cut, kernel, rtol=0, atol=network.width * eps * scale(kernel))
    np.testing.assert_array_equal(kernel, kernel.T)
    np.testing.assert_array_equal(kernel, assembly.ntk(problem, network, params, points, 1000))


def test_it_is_positive_semi_definite_up_to_the_noise_floor(kernel):
    values = spectrum.eigenvalues(kernel)
    assert values[-1] > -spectrum.noise_floor(values[0], len(values), kernel.dtype)


def test_rows_are_in_the_order_of_the_labels(kernel, points, problem, network, params):
    assert points.labels == [name for name, rows in TERMS.items() for _ in range(len(kernel))[rows]]
    reversed_points = type(points)(points.coordinates, {name: points[name][::-1] for name in COUNTS})
    order = np.concatenate([np.arange(10)[rows][::-1] for rows in TERMS.values()])
    np.testing.assert_allclose(
        assembly.ntk(problem, network, params, reversed_points), kernel[np.ix_(order, order)], rtol=1e-12
    )


def test_a_step_along_a_row_of_the_jacobian_moves_the_residual_by_a_column(
    problem, network, params, points, kernel, residual_vector
):
    rows = residual_vector(problem, network, points)
    pull = jax.jit(lambda theta, row: jax.vjp(rows, theta)[1](row)[0])
    for column in (0, 6, 9):
        step = 1e-5 / np.sqrt(kernel[column, column])  # a distance of 1e-5 in parameters
        along = pull(params, jnp.eye(10)[column])
        ahead, behind = (rows(jax.tree.map(lambda a, b, s=s: a + s * b, params, along)) for s in (step, -step))
        moved = np.asarray(ahead - behind) / (2 * step)
        # Central differences: 1e-10 from the third derivative, as much from the round-off of the residual.
        np.testing.assert_allclose(moved, kernel[:, column], rtol=0, atol=1e-8 * scale(kernel))


def test_a_linear_term_scaled_by_c_scales_its_block_by_c_squared(operators, network, params, points, kernel, eps):
    scaled = assembly.ntk(operators(factor=-3.0), network, params, points)
    factor = np.where(np.arange(10) < 5, -3.0, 1.0)
    np.testing.assert_allclose(scaled, factor[:, None] * kernel * factor, rtol=0, atol=100 * eps * scale(kernel))


def test_the_block_of_a_term_is_the_kernel_of_a_problem_with_that_term_alone(
    curvature, network, params, points, kernel, eps
):
    alone = assembly.ntk(curvature, network, params, curvature.sample({"curvature": 5}))
    np.testing.assert_allclose(alone, kernel[TERMS["curvature"], TERMS["curvature"]], atol=10 * eps * scale(kernel))


def test_parameters_in_float32_give_a_kernel_in_float32(problem, network, params, points, kernel):
    low = assembly.ntk(problem, network, jax.tree.map(lambda leaf: leaf.astype(jnp.float32), params), points)
    assert kernel.dtype == np.float64
    assert low.dtype == np.float32
    largest = spectrum.spectral_norm(kernel)
    assert np.abs(low - kernel).max() <= spectrum.noise_floor(largest, len(kernel), low.dtype)


@pytest.fixture(scope="module")
def duplicated():
    """The Poisson problem with 50 copies of either end, as in the code of arXiv 2007.14527."""
    problem, network = catalogue.problem("poisson1d"), MLP(width=16, depth=1)
    points = problem.sample({"residual": 5, "boundary": 100})
    return assembly.ntk(problem, network, network.init(jax.random.key(0), problem), points)


def test_duplicated_points_give_duplicated_rows(duplicated, eps):
    left, right = duplicated[5:55], duplicated[55:]
    for copies in (left, right):
        np.testing.assert_allclose(copies - copies[0], 0, atol=16 * eps * scale(duplicated))


def test_fifty_copies_of_two_ends_have_rank_two(duplicated):
    values = spectrum.eigenvalues(duplicated[5:, 5:])
    assert values[1] > 1e-3 * values[0]
    assert np.abs(values[2:]).max() < spectrum.noise_floor(values[0], 100, duplicated.dtype)
