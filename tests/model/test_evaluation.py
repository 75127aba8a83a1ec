import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model import evaluation
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.point import Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.problems.burgers1d import Burgers1D
from hpcpinn.model.problems.navier_stokes2d import NavierStokes2D
from hpcpinn.model.requirements import required_channels
from hpcpinn.model.terms import boundary, interior

KEY = jax.random.key(5)


class Plates(Problem):
    """Two coupled plates: fourth order, mixed, nonlinear, coefficients that vary, all in one term."""

    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0)}
    fields = ("u", "v")
    stiffness: float = 0.3

    @interior
    def residual(self, p, f):
        return f.u_ttxx + self.stiffness * f.v_xxxx * f.u + jnp.sin(p.x) * f.v_tttx - f.u_tx * f.v_t + p.t

    @boundary(x=(-1, 1))
    def clamped(self, p, f):
        return f.u_x * f.v - p.t


@pytest.mark.parametrize(
    "network",
    [
        MLP(width=6, depth=2, activation="erf"),
        ModifiedMLP(width=5, depth=2, parametrization="mup", input_shift=(0.5, 0.0), input_scale=(0.5, 1.0)),
    ],
    ids=["mlp", "modified_mlp"],
)
@pytest.mark.parametrize("term", ["residual", "clamped"])
def test_residuals_are_those_of_nested_differentiation_of_apply(network, term, term_of, eps):
    problem = Plates()
    params = network.init(KEY, problem)
    x = jax.random.uniform(KEY, (3, 2), minval=-1.0)
    oracle = term_of(problem, term, lambda y: network.apply(params, y))
    expected, scale = jax.jit(jax.vmap(oracle))(x)
    found = jax.jit(lambda x: evaluation.residuals(problem, problem.terms[term], network, network.affine(params), x))(x)
    assert np.all(np.abs(found - expected) <= 1e3 * eps * scale)


@pytest.mark.parametrize("problem", [Burgers1D(), NavierStokes2D()], ids=["burgers1d", "navier_stokes2d"])
def test_every_term_of_a_problem_is_evaluated_at_its_own_points(problem, term_of, eps):
    network = MLP(width=4, depth=1)
    params = network.init(KEY, problem)
    points = problem.sample(dict.fromkeys(problem.terms, 4), KEY, "uniform")
    for name, term in problem.terms.items():
        oracle = jax.vmap(term_of(problem, name, lambda y: network.apply(params, y)))
        expected, scale = jax.jit(oracle)(jnp.asarray(points[name]))
        found = evaluation.residuals(problem, term, network, network.affine(params), jnp.asarray(points[name]))
        assert np.all(np.abs(found - expected) <= 1e3 * eps * (1 + scale))


def test_the_mixed_operator_needs_the_closure_of_what_it_reads():
    problem = Plates()
    channels = required_channels(problem, problem.terms["residual"])
    assert channels.order == 4
    assert set(channels.indices) >= {(2, 2), (0, 4), (3, 1), (1, 1), (1, 0)}
    assert (
        len(channels) == 13
    )  # the triangle of order four has 15, and (4, 0) and (1, 3) are below nothing that is read


def test_the_solution_is_the_forward_pass_at_every_point():
    problem, network = Plates(), MLP(width=4, depth=2)
    params = network.init(KEY, problem)
    x = jax.random.uniform(KEY, (5, 2))
    one_by_one = jnp.stack([network.apply(params, one) for one in x])
    np.testing.assert_allclose(evaluation.solution(problem, network, params, x), one_by_one, rtol=1e-14)


def test_the_exact_fields_stand_in_the_order_of_the_fields():
    problem = NavierStokes2D()
    x = jnp.asarray([[0.1, 0.2], [0.3, 0.4]])
    found = evaluation.exact(problem, x)
    expected = problem.exact(Point(dict(zip("xy", x.T, strict=True))))
    np.testing.assert_array_equal(found, jnp.stack([expected[name] for name in ("u", "v", "p")], axis=1))


def test_a_problem_without_an_exact_solution_has_none_to_evaluate():
    with pytest.raises(ValueError, match="Plates has no exact solution"):
        evaluation.exact(Plates(), jnp.zeros((1, 2)))
