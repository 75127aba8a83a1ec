import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import ansatz, evaluation
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.problems.helmholtz2d import Helmholtz2D
from hpcpinn.model.problems.poisson1d import Poisson1D
from hpcpinn.model.terms import boundary, interior

KEY = jax.random.key(9)
NETWORK = MLP(width=5, depth=2)


class Pair(Problem):
    """Two fields of which one is rewritten, nonlinearly, with the help of the other."""

    coordinates = {"x": (-1.0, 1.0), "y": (0.0, 2.0)}
    fields = ("u", "v")

    @interior
    def residual(self, p, f):
        return f.u_xxyy + f.u_x * f.v_y + f.v

    @boundary(x=(-1, 1))
    def walls(self, p, f):
        return f.v

    def hard(self, p, f):
        return {"v": (1 - p.x**2) * jnp.sin(f.u * f.v) * jnp.exp(p.y)}


def parameters(problem):
    return NETWORK.init(KEY, problem)


@pytest.mark.parametrize("term", ["residual", "walls"])
def test_terms_of_rewritten_fields_are_those_of_nested_differentiation(term, term_of, eps):
    problem = Pair()
    params = parameters(problem)
    x = jnp.asarray([[0.3, 0.7], [-1.0, 1.2]])
    oracle = term_of(problem, term, lambda y: ansatz.apply(problem, NETWORK.apply(params, y), y))
    expected, scale = jax.jit(jax.vmap(oracle))(x)
    found = jax.jit(lambda x: evaluation.residuals(problem, problem.terms[term], NETWORK, NETWORK.affine(params), x))(x)
    assert np.all(np.abs(found - expected) <= 1e3 * eps * scale)


def test_the_rewritten_field_vanishes_exactly_and_the_other_is_untouched():
    problem = Pair()
    params = parameters(problem)
    x = jnp.asarray(problem.sample({"residual": 4, "walls": 6})["walls"])
    found = evaluation.solution(problem, NETWORK, params, x)
    assert np.all(found[:, 1] == 0.0)
    np.testing.assert_array_equal(found[:, 0], jax.vmap(lambda one: NETWORK.apply(params, one))(x)[:, 0])
    walls = evaluation.residuals(problem, problem.terms["walls"], NETWORK, NETWORK.affine(params), x)
    assert np.all(walls == 0.0)


def test_returning_the_fields_themselves_changes_nothing():
    soft = Poisson1D(frequency=2.0)
    params, x = parameters(soft), jnp.linspace(0, 1, 5)[:, None]
    plain = jax.vmap(lambda one: NETWORK.apply(params, one))(x)
    np.testing.assert_array_equal(evaluation.solution(soft, NETWORK, params, x), plain)


@pytest.mark.parametrize(
    ("problem", "term", "count"),
    [
        (Poisson1D(frequency=2.0, hard_boundary=True), "boundary", 2),
        (Poisson1D(frequency=1.3, hard_boundary=True), "boundary", 2),
        (Helmholtz2D(hard_boundary=True), "walls", 20),
        (Helmholtz2D(frequency_x=0.7, frequency_y=1.9, hard_boundary=True), "walls", 20),
    ],
    ids=["poisson1d", "poisson1d not periodic", "helmholtz2d", "helmholtz2d not periodic"],
)
def test_hard_boundaries_hold_for_any_parameters(problem, term, count, eps):
    points = problem.sample({"residual": 4, term: count})
    found = evaluation.residuals(
        problem, problem.terms[term], NETWORK, NETWORK.affine(parameters(problem)), jnp.asarray(points[term])
    )
    assert np.all(np.abs(found) <= 10 * eps)


def test_hard_residuals_are_those_of_nested_differentiation(term_of, eps):
    problem = Helmholtz2D(frequency_x=0.7, hard_boundary=True)
    params, x = parameters(problem), jnp.asarray([[0.2, -0.4], [1.0, 0.3]])
    oracle = term_of(problem, "residual", lambda y: ansatz.apply(problem, NETWORK.apply(params, y), y))
    expected, scale = jax.jit(jax.vmap(oracle))(x)
    found = jax.jit(
        lambda x: evaluation.residuals(problem, problem.terms["residual"], NETWORK, NETWORK.affine(params), x)
    )(x)
    assert np.all(np.abs(found - expected) <= 1e3 * eps * scale)


class OneField(Problem):
    """The least that a problem can be."""

    coordinates = {"x": (0.0, 1.0)}

    @interior
    def residual(self, p, f):
        return f.u_x


class ReadsSlope(OneField):
    """A boundary ansatz out of bounds."""

    def hard(self, p, f):
        return p.x * f.u_x


class Misnames(OneField):
    """An ansatz for a field that is not there."""

    def hard(self, p, f):
        return {"w": f.u}


class Scalar(Pair):
    """One value for two fields."""

    def hard(self, p, f):
        return f.u

    def exact(self, p):
        return {"u": p.x}


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (ReadsSlope(), r"`hard` of problem `ReadsSlope` reads a derivative; allowed: the fields u themselves"),
        (Misnames(), r"problem `Misnames` returns `w`; allowed: u.*dict by field"),
        (Scalar(), r"problem `Scalar` returns one value for the fields u, v; allowed: a dict by field"),
    ],
)
def test_impossible_rewritings_are_refused(problem, message):
    x = jnp.zeros((1, len(problem.coordinates)))
    with pytest.raises(errors.ProblemError, match=message):
        evaluation.solution(problem, NETWORK, parameters(problem), x)


def test_an_exact_solution_must_name_every_field():
    with pytest.raises(errors.ProblemError, match=r"`exact` of problem `Scalar` leaves out the field `v`.*all of u, v"):
        evaluation.exact(Scalar(), jnp.zeros((1, 2)))
