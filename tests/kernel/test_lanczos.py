"""The norm of a kernel that is never formed is the largest eigenvalue of the one of the explicit Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import jacobian, lanczos
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP

NETWORK = MLP(width=12, depth=2)


def norm(kernel, weights=None):
    root = np.ones(len(kernel)) if weights is None else np.sqrt(weights)
    return np.linalg.eigvalsh(root[:, None] * np.asarray(kernel) * root)[-1]


@pytest.fixture(scope="module", params=[12, 60], ids=["dense", "arpack"])
def case(request, operators, draw):
    problem = operators()
    points = problem.sample(dict.fromkeys(problem.terms, request.param // 3), jax.random.key(0), "uniform")
    return problem, NETWORK, draw(NETWORK, problem, seed=1), points


@pytest.fixture(scope="module")
def kernel(case):
    return jacobian.ntk(*case)


def test_it_is_the_largest_eigenvalue(case, kernel):
    assert lanczos.spectral_norm(*case) == pytest.approx(norm(kernel), rel=1e-12)


def test_with_weights_it_is_that_of_the_kernel_between_their_roots(case, kernel):
    weights = np.random.default_rng(0).uniform(0, 3, len(kernel))
    assert lanczos.spectral_norm(*case, weights) == pytest.approx(norm(kernel, weights), rel=1e-12)
    assert lanczos.spectral_norm(*case, np.zeros(len(kernel))) == 0.0


def test_in_float32_it_is_exact_to_float32(case, kernel):
    problem, network, params, points = case
    low = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), params)
    found = lanczos.spectral_norm(problem, network, low, points)
    assert found == pytest.approx(norm(kernel), rel=1e-5)
    assert found != lanczos.spectral_norm(*case)


def test_repeated_calls_give_the_same_bits(case):
    assert len({lanczos.spectral_norm(*case) for _ in range(3)}) == 1


def test_parameters_that_are_not_finite_have_none(case):
    problem, network, params, points = case
    broken = params | {"output": {"weight": params["output"]["weight"] * jnp.nan, "bias": params["output"]["bias"]}}
    assert np.isnan(lanczos.spectral_norm(problem, network, broken, points))


def test_the_krylov_space_of_a_kernel_of_low_rank_is_exhausted(draw):
    """50 copies of either end of an interval, as in the code of arXiv 2007.14527: two eigenvalues are not zero."""
    problem = catalogue.problem("poisson1d")
    points = problem.sample({"residual": 1, "boundary": 100})
    params = draw(NETWORK, problem, seed=0)
    expected = norm(jacobian.ntk(problem, NETWORK, params, points))
    assert lanczos.spectral_norm(problem, NETWORK, params, points) == pytest.approx(expected, rel=1e-12)
