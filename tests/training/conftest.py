"""A small trained case: the Poisson problem, a shallow network, six rows."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import assembly
from hpcpinn.model import catalogue, evaluation, precision
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.training import loss, stability
from hpcpinn.training.method import Method, Run
from hpcpinn.training.objective import Objective
from hpcpinn.training.optimizers.gd import GradientDescent
from hpcpinn.training.weightings.fixed import NONE

EPS = float(np.finfo(precision.DTYPES["float64"]).eps)
COUNTS = {"residual": 4, "boundary": 2}


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _residuals(problem, term, network, params, x):
    return evaluation.residuals(problem, term, network, network.affine(params), x)


@functools.partial(jax.jit, static_argnums=0)
def begin(method, x, params):
    return method.begin(x, params)


@functools.partial(jax.jit, static_argnums=0)
def advance(method, x, run, state, step, steps):
    return method.advance(x, run, state, step, steps)


def run_of(rate, seed=0):
    return Run(jnp.asarray(rate), jax.random.key_data(jax.random.key(seed)))


@dataclass(frozen=True)
class Case:
    """A problem, its points, a network with its initial parameters, and a loss."""

    problem: Problem
    network: MLP
    points: Points
    params: Mapping[str, Any]
    normalization: str = "mean"

    @property
    def weights(self):
        return loss.term_weights(self.normalization, self.points.counts)

    @property
    def x(self):
        return {name: jnp.asarray(self.points[name]) for name in self.points.counts}

    @property
    def row_weights(self):
        return loss.row_weights(self.weights, self.points.counts)

    @property
    def kernel(self):
        return assembly.ntk(self.problem, self.network, self.params, self.points)

    @property
    def edge(self):
        return stability.edge(self.kernel, self.row_weights)

    def residuals(self, params):
        """All rows, one term after the other."""
        terms = self.problem.terms
        parts = [_residuals(self.problem, terms[name], self.network, params, self.x[name]) for name in terms]
        return np.concatenate(parts)

    def loss(self, params):
        return float(self.row_weights @ self.residuals(params) ** 2)

    @property
    def objective(self):
        return Objective(self.problem, self.network, self.normalization)

    def method(self, optimizer=GradientDescent(), weighting=NONE, **others):  # noqa: B008  (immutable)
        return Method(self.objective, optimizer, weighting, **others)

    def begin(self, method, params=None):
        return begin(method, self.x, self.params if params is None else params)

    def train(self, method, steps, rate=1.0, state=None, step=0):
        """The state after so many steps, from the first or from a state after `step` of them."""
        start = self.begin(method) if state is None else state
        return advance(method, self.x, run_of(rate), start, jnp.asarray(step), jnp.asarray(steps))

    def descend(self, learning_rate, steps, params=None):
        """The parameters after so many steps of gradient descent."""
        method = self.method()
        return self.train(method, steps, learning_rate, self.begin(method, params)).params


def make_case(width=16, normalization="mean", seed=0, problem="poisson1d", counts=None, **parameters):
    made = problem if isinstance(problem, Problem) else catalogue.problem(problem, **parameters)
    network = MLP(width=width, depth=1)
    # From NumPy: `network.init` compiles for a second per width.
    random = np.random.default_rng(seed)
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), made))
    params = jax.tree.map(lambda leaf: jnp.asarray(random.standard_normal(leaf.shape)), shapes)
    points = made.sample(counts or COUNTS)
    return Case(made, network, points, params, normalization)


@pytest.fixture(scope="session", name="make_case")
def _make_case():
    return make_case


@pytest.fixture(scope="session")
def case():
    return make_case()


@pytest.fixture(scope="session")
def eps():
    return EPS
