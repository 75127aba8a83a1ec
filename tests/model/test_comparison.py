"""What of a solution is compared: the fields, or what a problem makes of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import catalogue, comparison, evaluation
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior

NETWORK = MLP(width=5, depth=2)


class Flow(Problem):
    """A stream function with an ansatz and an exact solution, of which speeds are compared."""

    coordinates = {"x": (0.0, 1.0), "y": (-1.0, 1.0)}
    fields = ("psi", "p")
    wrong: str = ""

    @interior
    def residual(self, p, f):
        return f.psi_xx + f.psi_yy + f.p

    def exact(self, p):
        return {"psi": p.x**2 * jnp.sin(p.y), "p": 0 * p.x}

    def hard(self, p, f):
        return {"psi": p.x * f.psi}

    def compared(self, p, f):
        values = {"v": -f.psi_x, "speed": jnp.hypot(f.psi_x, f.psi_y), "twist": f.psi_xy * p.y}
        return {"": values, "nothing": {}, "number": f.psi}[self.wrong]


def at(function):
    return jax.jit(jax.vmap(function))(jnp.asarray([[0.2, -0.5], [0.7, 0.3], [1.0, 1.0]]))


def expected(stream):
    def of(x):
        (along, across), twist = jax.grad(stream)(x), jax.hessian(stream)(x)[0, 1]
        return jnp.stack([-along, jnp.hypot(along, across), twist * x[1]])

    return at(of)


def test_of_a_network_it_has_the_derivatives_of_the_rewritten_fields(eps):
    params = NETWORK.init(jax.random.key(3), Flow())
    found = at(lambda x: comparison.solution(Flow(), NETWORK, params, x[None])[0])
    oracle = expected(lambda x: x[0] * NETWORK.apply(params, x)[0])
    np.testing.assert_allclose(found, oracle, rtol=0, atol=1e3 * eps)


def test_of_an_exact_solution_too(eps):
    found = at(lambda x: comparison.exact(Flow(), x[None])[0])
    np.testing.assert_allclose(found, expected(lambda x: x[0] ** 2 * jnp.sin(x[1])), rtol=0, atol=1e3 * eps)


def test_names_and_channels_are_those_of_the_quantities():
    """1, x, y and xy."""
    assert comparison.names(Flow()) == ("v", "speed", "twist")
    assert len(comparison.channels(Flow())) == 4


def test_without_a_choice_all_fields_are_compared():
    problem = catalogue.problem("navier_stokes2d")
    assert comparison.names(problem) == ("u", "v", "p")
    assert len(comparison.channels(problem)) == 1
    params, x = NETWORK.init(jax.random.key(0), problem), jnp.asarray([[0.1, 0.2], [0.3, 0.9]])
    found, fields = (jax.jit(of.solution, static_argnums=(0, 1)) for of in (comparison, evaluation))
    np.testing.assert_array_equal(found(problem, NETWORK, params, x), fields(problem, NETWORK, params, x))


def test_both_forms_of_the_cavity_compare_velocities():
    for name in ("lid_driven_cavity2d", "lid_driven_cavity2d_stream"):
        assert comparison.names(catalogue.problem(name)) == ("u", "v")
    assert len(comparison.channels(catalogue.problem("lid_driven_cavity2d"))) == 1
    assert len(comparison.channels(catalogue.problem("lid_driven_cavity2d_stream"))) == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("nothing", r"`compared` of problem `Flow` returns {}; allowed: a dict .* Write return {\"psi\": f.psi}"),
        ("number", r"`compared` of problem `Flow` returns a \w+; allowed: a dict"),
        ("unknown", r"`compared` of problem `Flow` cannot be evaluated \(KeyError: 'unknown'\)"),
    ],
)
def test_what_is_no_dict_is_refused(wrong, message):
    with pytest.raises(errors.ProblemError, match=message):
        comparison.names(Flow(wrong=wrong))
