import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior
from hpcpinn.reference.solution import Solution
from hpcpinn.training import accuracy


class Box(Problem):
    """Three coordinates and two fields, with an exact solution of norm 5 everywhere."""

    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0), "y": (2.0, 4.0)}
    fields = ("u", "v")
    share: float = 0.0

    @interior
    def residual(self, p, f):
        return f.u + f.v

    def exact(self, p):
        return {"u": 3 + 0 * p.x, "v": 4 + 0 * p.x}

    def hard(self, p, f):
        """The network does not count: the fields are a multiple of the solution."""
        return {"u": (1 + self.share) * 3 + 0 * f.u, "v": (1 + self.share) * 4 + 0 * f.v}


NETWORK = MLP(width=4, depth=1)


@pytest.mark.parametrize("share", [0.0, 0.25, -1.0])
def test_a_multiple_of_the_exact_solution_is_off_by_its_share(share, eps):
    problem = Box(share=share)
    found = accuracy.relative_l2(problem, NETWORK, NETWORK.init(jax.random.key(0), problem))
    assert found == pytest.approx(abs(share), abs=100 * eps)


def test_it_is_the_formula_over_all_points_and_fields():
    problem = catalogue.problem("navier_stokes2d")
    params = NETWORK.init(jax.random.key(0), problem)
    x = accuracy.grid(problem, accuracy.COMPARED)
    fields = jax.jit(jax.vmap(lambda one: NETWORK.apply(params, one)))(jnp.asarray(x))
    rate = 20 - np.sqrt(400 + 4 * np.pi**2)
    decay, angle = np.exp(rate * x[:, 0]), 2 * np.pi * x[:, 1]
    u, v = 1 - decay * np.cos(angle), rate / (2 * np.pi) * decay * np.sin(angle)
    exact = np.stack([u, v, (1 - decay**2) / 2], axis=1)
    expected = np.sqrt(((fields - exact) ** 2).sum() / (exact**2).sum())
    assert accuracy.relative_l2(problem, NETWORK, params) == pytest.approx(expected, rel=1e-12)


class Slope(Problem):
    """Fields x² and 1, of which the slope of the first is compared with a reference that is off by a tenth."""

    coordinates = {"x": (0.0, 1.0)}
    fields = ("u", "p")

    @interior
    def residual(self, p, f):
        return f.u_x + f.p

    def hard(self, p, f):
        return {"u": p.x**2 + 0 * f.u, "p": 1 + 0 * f.p}

    def compared(self, p, f):
        return {"slope": f.u_x}


def test_against_a_reference_it_is_what_is_compared_that_counts(eps):
    x = np.linspace(0, 1, 7)
    reference = Solution({"x": x}, {"slope": 2 * x / 1.1, "other": np.ones(7)})
    params = NETWORK.init(jax.random.key(0), Slope())
    assert accuracy.relative_l2(Slope(), NETWORK, params, reference) == pytest.approx(0.1, abs=1e3 * eps)


@pytest.mark.parametrize(("problem", "side"), [("poisson1d", 4096), ("helmholtz2d", 64), ("box", 16)])
def test_the_grid_has_4096_points_with_the_ends(problem, side):
    made = Box() if problem == "box" else catalogue.problem(problem)
    grid = accuracy.grid(made, accuracy.COMPARED)
    assert grid.shape == (side ** len(made.coordinates), len(made.coordinates)) == (4096, grid.shape[1])
    for column, (low, high) in zip(grid.T, made.coordinates.values(), strict=True):
        values = np.unique(column)
        assert len(values) == side
        assert (values[0], values[-1]) == (low, high)
        np.testing.assert_allclose(np.diff(values), (high - low) / (side - 1), rtol=1e-9)
    assert len(np.unique(grid, axis=0)) == 4096
