"""Small operators whose kernels have properties of their own, and rows of residuals as plain functions."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

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
    """Parameters of unit variance, as in the NTK parametrisation, without a compilation per shape."""
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


class Program:
    """`kernels.py`, started on so many virtual devices, alone or as a member of a group."""

    def __init__(self, devices: int, variants: Sequence[Sequence[str]], group: Mapping | None = None) -> None:
        settings = {"JAX_NUM_CPU_DEVICES": str(devices), "JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1"}
        command = [sys.executable, str(Path(__file__).with_name("kernels.py")), json.dumps([group, variants])]
        self._started = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def found(self) -> dict:
        """The last line that it has printed, after the greetings of gloo; it is given five minutes."""
        output, complaints = self._started.communicate(timeout=300)
        assert self._started.returncode == 0, complaints
        return json.loads(output.splitlines()[-1])

    def end(self) -> None:
        """Leave nothing behind."""
        self._started.kill()
        self._started.communicate()


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Program]]:
    with ExitStack() as stack:

        def program(*arguments) -> Program:
            started = Program(*arguments)
            stack.callback(started.end)
            return started

        yield program
