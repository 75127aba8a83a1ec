import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model import catalogue, evaluation
from hpcpinn.model.point import Point

EXACT = [
    ("poisson1d", {}),
    ("poisson1d", {"frequency": 2.7}),
    ("wave1d", {}),
    ("wave1d", {"speed": 1.3, "amplitude": -0.7}),
    ("helmholtz2d", {}),
    ("helmholtz2d", {"frequency_x": 0.6, "frequency_y": 2.2, "wavenumber": 3.0}),
    ("heat1d", {}),
    ("heat1d", {"diffusivity": 0.03, "frequency": 2.5}),
    ("advection1d", {}),
    ("klein_gordon1d", {}),
    ("klein_gordon1d", {"frequency": 1.5}),
    ("burgers1d", {}),
    ("burgers1d", {"viscosity": 1e-3}),
    ("burgers1d", {"viscosity": 0.5}),
    ("linear_toy1d", {}),
    ("nonlinear_toy1d", {}),
    ("nonlinear_toy1d", {"viscosity": 0.4, "steepness": 2.0}),
    ("navier_stokes2d", {}),
    ("navier_stokes2d", {"reynolds": 7.0}),
]


@pytest.mark.parametrize(("name", "parameters"), EXACT)
def test_the_exact_solution_satisfies_every_term(name, parameters, term_of, eps):
    problem = catalogue.problem(name, **parameters)
    points = problem.sample(dict.fromkeys(problem.terms, 12), jax.random.key(0), "uniform")
    for term in problem.terms:
        oracle = term_of(problem, term, lambda x: evaluation.exact(problem, x[None])[0])
        found, scale = jax.jit(jax.vmap(oracle))(jnp.asarray(points[term]))
        assert np.all(np.abs(found) <= 1e3 * eps * (1 + scale)), term


def test_every_problem_has_an_exact_or_a_reference_solution():
    exact = {name for name, problem in catalogue.PROBLEMS.items() if problem.exact is not None}
    assert exact == {name for name, _ in EXACT}
    assert all(catalogue.PROBLEMS[name].reference is not None for name in catalogue.PROBLEMS.keys() - exact)


def test_the_phases_of_allen_cahn_are_steady_and_meet_its_walls(term_of):
    problem = catalogue.problem("allen_cahn1d")
    for phase in (-1.0, 0.0, 1.0):
        residual, _ = term_of(problem, "residual", lambda x, phase=phase: jnp.full(1, phase) + 0 * x[:1])(jnp.zeros(2))
        assert residual == 0.0
    walls, _ = term_of(problem, "walls", lambda x: jnp.full(1, -1.0))(jnp.ones(2))
    corner, _ = term_of(problem, "initial", lambda x: jnp.full(1, -1.0))(jnp.asarray([0.0, 1.0]))
    assert walls == corner == 0.0


def test_both_forms_of_the_cavity_are_the_same_equations(term_of):
    """Whatever the stream function is, with any pressure."""

    def stream(x):
        return jnp.stack([jnp.sin(2 * x[0] + x[1]) * jnp.exp(-x[0] * x[1]), jnp.cos(x[0] - 3 * x[1])])

    def velocities(x):
        slope = jax.jacfwd(stream)(x)[0]
        return jnp.stack([slope[1], -slope[0], stream(x)[1]])

    x = jnp.asarray([0.3, 0.8])
    two = catalogue.problem("lid_driven_cavity2d"), catalogue.problem("lid_driven_cavity2d_stream")
    for term in two[1].terms:
        (one, scale), (other, _) = (term_of(of, term, by)(x) for of, by in zip(two, (velocities, stream), strict=True))
        if term == "walls_v":
            one = -one
        assert abs(one - other) < 1e-12 * (1 + scale), term
    conserved, _ = term_of(two[0], "continuity", velocities)(x)
    assert abs(conserved) < 1e-13


def burgers(t, x, **parameters):
    return catalogue.problem("burgers1d", **parameters).exact(Point({"t": t, "x": x}))


def test_burgers_begins_with_its_initial_values(eps):
    x = jnp.linspace(-1, 1, 41)
    np.testing.assert_allclose(burgers(0.0, x), -np.sin(np.pi * x), rtol=0, atol=4 * eps)


def test_burgers_has_the_published_shock():
    # Basdevant et al., Computers and Fluids 14 (1986), table of analytic values: the largest |du/dx| at the origin is
    # 152.00516 at pi t = 1.6037.
    slope = jax.jit(jax.grad(burgers, 1))
    steepest = slope(1.6037 / math.pi, 0.0)
    assert abs(steepest + 152.00516) < 1e-5
    assert all(slope((1.6037 + step) / math.pi, 0.0) > steepest for step in (-1e-3, 1e-3))


def test_burgers_agrees_with_another_quadrature(eps):
    # Gauss-Hermite with 100 nodes, which is exact to round-off at this viscosity and not at a larger one.
    viscosity = 0.01 / math.pi
    t, x = np.meshgrid([0.01, 0.3, 0.51, 1.0], np.linspace(-1, 1, 21), indexing="ij")
    z, weights = np.polynomial.hermite.hermgauss(100)
    y = x[..., None] - 2 * np.sqrt(viscosity * t[..., None]) * z
    share = weights * np.exp(-(1 + np.cos(np.pi * y)) / (2 * np.pi * viscosity))
    expected = -np.sum(share * np.sin(np.pi * y), axis=-1) / np.sum(share, axis=-1)
    np.testing.assert_allclose(burgers(t, x), expected, rtol=0, atol=100 * eps)


def test_the_wave_is_that_of_the_paper():
    wave = catalogue.problem("wave1d")
    t, x = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 7), indexing="ij")
    paper = np.sin(np.pi * x) * np.cos(2 * np.pi * t) + 0.5 * np.sin(4 * np.pi * x) * np.cos(8 * np.pi * t)
    np.testing.assert_allclose(wave.exact(Point({"t": t, "x": x})), paper, rtol=0, atol=1e-14)


def test_the_flow_of_kovasznay_has_its_published_rate():
    # Kovasznay 1948: the disturbance behind the grid decays with the rate lambda = -0.9637 at Re = 40.
    exact = catalogue.problem("navier_stokes2d").exact
    wake = [1 - exact(Point({"x": x, "y": 0.0}))["u"] for x in (0.0, 1.0)]
    assert abs(math.log(wake[1] / wake[0]) + 0.9637405) < 1e-6
