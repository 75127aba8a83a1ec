"""Small operators whose kernels have properties of their own, and rows of residuals as plain functions."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import jacobian
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior

EPS = float(np.finfo(precision.DTYPES["float64"]).eps)


class Operators(Problem):
    """Linear, scaled and nonlinear operators on one interval."""

    coordinates = {"x": (-1.0, 1.0)}
    factor: float = 1.0

    @interior
    def curvature(self, p, f):
        return self.factor * f.u_xx

    @interior
    def steady_burgers(self, p, f):
        return f.u * f.u_x - 0.1 * f.u_xx

    @boundary(x=(-1, 1))
    def value(self, p, f):
        return f.u - p.x


class Curvature(Problem):
    """The first term of `Operators` alone."""

    coordinates = {"x": (-1.0, 1.0)}

    @interior
    def curvature(self, p, f):
        return f.u_xx


def residual_vector(problem: Problem, network, points) -> Callable:
    """All rows as a function of the parameters, by the plain forward pass and nested differentiation."""

    @jax.jit
    def rows(params):
        return jnp.concatenate(
            [
                jax.vmap(lambda x, term=term: jacobian.residual(problem, term, network, params, x))(points[name])
                for name, term in problem.terms.items()
            ]
        )

    return rows


def draw(network: Network, problem: Problem, seed: int) -> Params:
    """Parameters of unit variance, as in the NTK parametrisation; `network.init` compiles for a second per shape."""
    random = np.random.default_rng(seed)
    return {
        site.name: {
            "weight": jnp.asarray(random.standard_normal((site.fan_out, site.fan_in))),
            "bias": jnp.asarray(random.standard_normal(site.fan_out)),
        }
        for site in network.sites(len(problem.coordinates), len(problem.fields))
    }


@pytest.fixture(scope="session", name="draw")
def _draw():
    return draw


@pytest.fixture(scope="session", name="residual_vector")
def _residual_vector():
    return residual_vector


@pytest.fixture(scope="session")
def eps():
    return EPS


@pytest.fixture(scope="session")
def operators():
    return Operators


@pytest.fixture(scope="session")
def curvature():
    return Curvature()
