"""K v without K is the product with the kernel of the explicit Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import jacobian
from hpcpinn.kernel import product as product_module
from hpcpinn.kernel.product import product
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior

MLP_NTK = MLP(width=9, depth=2, weight_std=1.3, bias_std=0.7)
MODIFIED_MUP = ModifiedMLP(width=5, depth=2, activation="sin", parametrization="mup", input_scale=(0.5, 2.0))


def rows(problem):
    """A different number of rows for every term, none of which the blocks of these tests divide."""
    counts = {name: 7 + 4 * k for k, name in enumerate(problem.terms)}
    return problem.sample(counts, jax.random.key(2), "uniform")


def vectors(points, count):
    return np.random.default_rng(0).standard_normal((sum(points.counts.values()), count))


def assert_close(found, oracle, v, tolerance):
    expected = np.asarray(oracle) @ v
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.linalg.norm(oracle) * np.linalg.norm(v))


@pytest.mark.parametrize(
    ("problem", "network"),
    [
        (catalogue.problem("poisson1d"), MLP_NTK),
        (catalogue.problem("navier_stokes2d"), MLP(width=6, depth=1)),
        (catalogue.problem("helmholtz2d", hard_boundary=True), MODIFIED_MUP),
    ],
    ids=["poisson", "navier_stokes", "hard_helmholtz"],
)
def test_it_is_the_product_with_the_kernel_of_the_explicit_jacobian(problem, network, draw):
    points, params = rows(problem), draw(network, problem, seed=1)
    oracle, v = jacobian.ntk(problem, network, params, points), vectors(points, 2)
    assert_close(product(problem, network, params, points, v, 3), oracle, v, 1e-12)


@pytest.fixture(scope="module")
def case(operators, draw):
    problem = operators()
    return problem, MLP_NTK, draw(MLP_NTK, problem, seed=3), rows(problem)


def test_a_vector_and_a_matrix_of_one_column_are_the_same_product(case):
    v = vectors(case[-1], 3)
    alone = [product(*case, column) for column in v.T]
    assert alone[0].shape == (len(v),)
    np.testing.assert_array_equal(product(*case, v), np.stack(alone, axis=1))


@pytest.fixture(scope="module")
def oracle(case):
    return jacobian.ntk(*case)


@pytest.mark.parametrize("block", [1, 5, 11, 1000])
def test_the_size_of_a_block_does_not_matter_beyond_round_off(case, oracle, block):
    v = vectors(case[-1], 1)[:, 0]
    assert_close(product(*case, v, block), oracle, v, 1e-14)


def test_parameters_in_float32_give_a_product_in_float32(case, oracle):
    problem, network, params, points = case
    low = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), params)
    v = vectors(points, 1)[:, 0]
    found = product(problem, network, low, points, v, 5)
    assert found.dtype == jnp.float32
    assert_close(found, oracle, v, 1e-6)


def test_any_number_of_vectors_is_one_compilation(draw):
    traced = []

    class Counted(Problem):
        coordinates = {"x": (0.0, 1.0)}

        @interior
        def residual(self, p, f):
            traced.append(p)
            return f.u_x

    problem, network = Counted(), MLP(width=4, depth=1)
    points, params = problem.sample({"residual": 6}), draw(network, Counted(), seed=0)
    product(problem, network, params, points, np.ones(6))
    once = len(traced)
    assert once > 0
    product(problem, network, params, points, np.arange(6.0))
    product(problem, network, draw(network, problem, seed=1), points, np.eye(6))
    assert len(traced) == once


def test_memory_does_not_grow_with_the_rows(draw):
    problem, network = catalogue.problem("poisson1d"), MLP(width=64, depth=2)
    params = draw(network, problem, seed=0)

    def temporary(count):
        points = problem.sample({"residual": count, "boundary": 2})
        x = {name: jnp.asarray(points[name]) for name in problem.terms}
        program = product_module._product.lower(
            problem, network, tuple(x), params, x, jnp.ones(count + 2), 16
        ).compile()
        return program.memory_analysis().temp_size_in_bytes

    few, many = temporary(64), temporary(1024)
    # Per row: its point, its entries of v and K v, and a few copies of them; a row of activations has 3 x 64 numbers.
    assert many - few < 10 * 8 * (1024 - 64)


def test_a_vector_of_another_length_is_refused(case):
    with pytest.raises(ValueError, match=r"vector of 5 rows and a kernel of 33; allowed: 33"):
        product(*case, np.ones(5))
