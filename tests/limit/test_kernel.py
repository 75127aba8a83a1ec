"""The infinite-width kernel of differential operators: oracles, published numbers, identities, finite networks."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.kernel import assembly
from hpcpinn.limit.kernel import limit_kernel
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior
from tests.limit.classical import classical


class Value(Problem):
    """u itself, in two coordinates."""

    coordinates = {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}

    @interior
    def value(self, p, f):
        return f.u


class Mixed(Problem):
    """Values, a Laplacian with a coefficient, and a fourth-order operator with mixed derivatives."""

    coordinates = {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}

    @interior
    def value(self, p, f):
        return f.u - p.x

    @interior
    def laplacian(self, p, f):
        return f.u_xx + f.u_yy + p.x * f.u_y - jnp.sin(p.y)

    @interior
    def plate(self, p, f):
        return f.u_xxyy - 0.5 * f.u_xxxy + f.u_x


def along(u, k):
    return lambda x: jax.jvp(u, (x,), (jnp.eye(2)[k],))[1]


def derivative(u, x, *indices):
    return functools.reduce(along, indices, u)(x)


OPERATORS = {
    "value": lambda u, x: u(x),
    "laplacian": lambda u, x: derivative(u, x, 0, 0) + derivative(u, x, 1, 1) + x[0] * derivative(u, x, 1),
    "plate": lambda u, x: derivative(u, x, 0, 0, 1, 1) - 0.5 * derivative(u, x, 0, 0, 0, 1) + derivative(u, x, 0),
}


def points(problem, rows, seed=0):
    random = np.random.default_rng(seed)
    names = tuple(problem.coordinates)
    return Points(names, {term: random.uniform(-1, 1, (rows, len(names))) for term in problem.terms})


def assert_close(found, expected, tolerance):
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance)


SCALES = {"weight_std": 1.2, "bias_std": 0.6}


@pytest.fixture(scope="module")
def mixed():
    """Points, and the limit of kernel and covariance there, of a network of two layers."""
    problem = Mixed()
    at = points(problem, 3)
    network = MLP(width=8, depth=2, activation="erf", **SCALES)
    return at, {part: limit_kernel(problem, network, at, part).values for part in ("kernel", "covariance")}


@pytest.mark.parametrize(
    ("part", "left", "right"),
    [("kernel", "laplacian", "laplacian"), ("kernel", "plate", "value"), ("covariance", "value", "laplacian")],
)
def test_operators_are_applied_to_both_sides_of_the_closed_form(mixed, oracle, part, left, right):
    """Up to four derivatives in all: the compiler takes minutes for the eight of a plate on either side."""
    at, found = mixed
    place = {term: slice(3 * k, 3 * k + 3) for k, term in enumerate(OPERATORS)}
    expected = oracle(part, OPERATORS[left], OPERATORS[right], at[left], at[right], 2, **SCALES)
    scale = np.sqrt(np.outer(np.diag(found[part])[place[left]], np.diag(found[part])[place[right]]))
    np.testing.assert_allclose(found[part][place[left], place[right]] / scale, expected / scale, rtol=0, atol=1e-10)


X = np.array([[-1.0, 0.3], [0.25, -0.5], [0.9, 0.8]])
# neural-tangents 0.6.5: stax.serial(Dense(W_std, b_std), Erf(), ..., Dense(W_std, b_std)) at X, upper triangles.
PUBLISHED = {
    (1, 1.0, 1.0): {
        "kernel": [
            2.279348925956616,
            1.5935674701788234,
            1.414022401551667,
            2.112680523861231,
            1.6593041731447369,
            2.3462054775524934,
        ],
        "covariance": [
            1.5452131641708162,
            1.2862846288110383,
            1.203403119689436,
            1.4919535745725574,
            1.3153503274808451,
            1.5647834086463015,
        ],
    },
    (3, 1.5, 0.25): {
        "kernel": [
            6.420424122459187,
            -1.3016084039035833,
            -1.125700365622941,
            5.091614859924607,
            -0.1313975370015317,
            6.764009210967941,
        ],
        "covariance": [
            1.181570038581613,
            -0.22440329255003622,
            -0.18775463725551617,
            1.0974151217216297,
            0.055560933998076885,
            1.1942416181616287,
        ],
    },
}


@pytest.mark.parametrize("part", ["kernel", "covariance"])
@pytest.mark.parametrize("case", sorted(PUBLISHED))
def test_it_is_the_kernel_of_neural_tangents(case, part):
    depth, weight_std, bias_std = case
    network = MLP(width=8, depth=depth, activation="erf", weight_std=weight_std, bias_std=bias_std)
    found = limit_kernel(Value(), network, Points(("x", "y"), {"value": X}), part).values
    np.testing.assert_allclose(found[np.triu_indices(3)], PUBLISHED[case][part], rtol=0, atol=1e-10)


@pytest.mark.parametrize("depth", [1, 3])
def test_of_values_it_is_the_classical_recursion_by_two_dimensional_quadrature(depth):
    network = MLP(width=8, depth=depth, activation="tanh", weight_std=1.3, bias_std=0.5)
    found = limit_kernel(Value(), network, Points(("x", "y"), {"value": X})).values
    np.testing.assert_allclose(found, classical(network, X), rtol=0, atol=1e-8)


def test_derivative_blocks_are_finite_differences_of_the_kernel_of_values():
    """Central differences of eighth order in both points, near and on the diagonal."""

    class Line(Problem):
        coordinates = {"x": (-1.0, 1.0)}

        @interior
        def value(self, p, f):
            return f.u

        @interior
        def slope(self, p, f):
            return f.u_x

        @interior
        def curvature(self, p, f):
            return f.u_xx

    step, first = 0.03, np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
    last = np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560])
    x = np.array([0.3, 0.3 + 1e-9, -0.4])
    problem, network = Line(), MLP(width=8, depth=2, activation="tanh")
    around = (x[:, None] + step * np.arange(-4, 5)).ravel()[:, None]
    values = limit_kernel(problem, network, Points(("x",), {"value": around, "slope": x[:1, None]})).values
    values = values[: around.size, : around.size].reshape(3, 9, 3, 9)
    of = {"value": np.eye(9)[4], "slope": first / step, "curvature": last / step**2}
    expected = np.block([[np.einsum("aibj,i,j->ab", values, p, q) for q in of.values()] for p in of.values()])
    found = limit_kernel(problem, network, Points(("x",), dict.fromkeys(of, x[:, None]))).values
    assert_close(found, expected, 1e-7)


@pytest.fixture(scope="module", params=["poisson1d", "helmholtz2d", "wave1d"])
def linear(request):
    problem = catalogue.problem(request.param)
    counts = dict.fromkeys(problem.terms, 9)
    return problem, problem.sample(counts)


def test_it_is_symmetric_and_positive_semi_definite_to_round_off(linear):
    problem, at = linear
    found = limit_kernel(problem, MLP(width=8, depth=2), at).values
    np.testing.assert_array_equal(found, found.T)
    values = np.linalg.eigvalsh(found)
    assert values[0] > -len(found) * np.finfo(np.float64).eps * values[-1]


@pytest.mark.parametrize("architecture", [MLP, ModifiedMLP])
@pytest.mark.parametrize("parametrization", ["ntk", "standard", "mup"])
def test_summands_add_up_and_are_those_that_finite_networks_have(architecture, parametrization):
    """Every site's summand, against the mean over seeds of wide networks."""
    problem = catalogue.problem("poisson1d")
    at = problem.sample(dict.fromkeys(problem.terms, 5))
    network = architecture(width=256, depth=2, activation="gelu", parametrization=parametrization, bias_std=0.5)
    found = limit_kernel(problem, network, at, "summands")
    whole = limit_kernel(problem, network, at).values
    np.testing.assert_allclose(found.values.sum(axis=0), whole, rtol=0, atol=1e-13 * np.abs(whole).max())
    scale = network.width if parametrization == "standard" else 1
    seeds = [assembly.ntk(problem, network, network.init(jax.random.key(k), problem), at) / scale for k in range(24)]
    assert np.linalg.norm(np.mean(seeds, axis=0) - whole) < 0.12 * np.linalg.norm(whole)


def test_a_parametrisation_whose_first_layer_vanishes_has_no_limit():
    problem = catalogue.problem("poisson1d")
    at = problem.sample(dict.fromkeys(problem.terms, 2))
    with pytest.raises(errors.LimitError, match=r"'glorot' have no limit .*; allowed: ntk, standard, mup\."):
        limit_kernel(problem, MLP(width=8, depth=1, parametrization="glorot"), at)


def test_a_hard_ansatz_is_part_of_the_operator():
    problem = catalogue.problem("poisson1d", hard_boundary=True)
    at = problem.sample(dict.fromkeys(problem.terms, 5))
    network = MLP(width=512, depth=1)
    whole = limit_kernel(problem, network, at).values
    seeds = [assembly.ntk(problem, network, network.init(jax.random.key(k), problem), at) for k in range(24)]
    assert np.linalg.norm(np.mean(seeds, axis=0) - whole) < 0.12 * np.linalg.norm(whole)


def test_a_nonlinear_problem_without_draws_is_refused():
    problem = catalogue.problem("burgers1d")
    with pytest.raises(errors.LimitError, match=r"random, because residual is nonlinear.*draws=100"):
        limit_kernel(problem, MLP(width=8, depth=1), problem.sample(dict.fromkeys(problem.terms, 4)))


@pytest.mark.parametrize(("key", "draws"), [(jax.random.key(0), None), (None, 3)])
def test_draws_need_a_key(key, draws):
    problem = catalogue.problem("poisson1d")
    at = problem.sample(dict.fromkeys(problem.terms, 3))
    with pytest.raises(errors.LimitError, match="both `key` and `draws`"):
        limit_kernel(problem, MLP(width=8, depth=1), at, key=key, draws=draws)


def test_all_draws_of_a_linear_problem_are_its_limit():
    problem = catalogue.problem("poisson1d")
    at = problem.sample(dict.fromkeys(problem.terms, 4))
    network = MLP(width=8, depth=1)
    drawn = limit_kernel(problem, network, at, key=jax.random.key(0), draws=3).values
    assert drawn.shape == (3, 8, 8)
    for one in drawn:
        np.testing.assert_array_equal(one, limit_kernel(problem, network, at).values)
