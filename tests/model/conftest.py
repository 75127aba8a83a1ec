import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model import evaluation, precision
from hpcpinn.model.channels import factorial
from hpcpinn.model.jet import Jet
from hpcpinn.model.point import Fields

EPS = np.finfo(precision.DTYPES["float64"]).eps


def derivative(function, index):
    """The partial derivative of a function of a vector, by nested forward differentiation: the oracle of every jet."""
    for k, power in enumerate(index):
        for _ in range(power):
            function = _along(function, k)
    return function


def _along(function, k):
    return lambda x: jax.jvp(function, (x,), (jnp.zeros_like(x).at[k].set(1),))[1]


def taylor(function, x, channels):
    """The jet of a vector-valued function at a point, by nested differentiation."""
    rows = [sum(w * derivative(function, index)(x) / factorial(index) for index, w in m) for m in channels.members]
    return Jet(channels, jnp.stack(rows))


def term_of(problem, name, solution):
    """`x -> (residual, largest value read)` of a term for any solution, by nested differentiation."""

    def at(x):
        seen = []

        def read(field, index):
            seen.append(derivative(solution, index)(x)[field])
            return seen[-1]

        fields = Fields(problem.fields, tuple(problem.coordinates), read)
        result = problem.terms[name].evaluate(problem, evaluation.point(problem, x), fields)
        return jnp.asarray(result), jnp.max(jnp.abs(jnp.stack(seen)))

    return at


@pytest.fixture(name="derivative")
def _derivative():
    return derivative


@pytest.fixture(name="taylor")
def _taylor():
    return taylor


@pytest.fixture(name="term_of")
def _term_of():
    return term_of


@pytest.fixture
def eps():
    return EPS
