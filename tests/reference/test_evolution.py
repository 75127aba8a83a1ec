"""The solver in time and space against the equations that have an exact solution: heat and Burgers."""

import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import catalogue
from hpcpinn.model.point import Point
from hpcpinn.reference.elements import Elements
from hpcpinn.reference.evolution import evolve

TIMES = np.linspace(0, 1, 11)


def burgers_error(viscosity, count):
    elements = Elements(-1.0, 1.0, count)
    start = -np.sin(np.pi * elements.nodes)
    found = evolve(elements, viscosity, lambda u, slope: -u * slope, start, TIMES)
    t, x = np.meshgrid(TIMES[1:], elements.nodes, indexing="ij")
    expected = catalogue.problem("burgers1d", viscosity=viscosity).exact(Point({"t": t, "x": x}))
    return np.abs(found[1:] - np.asarray(expected)).max()


def test_burgers_is_that_of_cole_and_hopf():
    """Quadrature on one side, elements of degree 8 and time steps on the other: they share nothing."""
    once, twice = (burgers_error(0.1 / np.pi, count) for count in (16, 32))
    assert twice < 5e-9
    assert np.log2(once / twice) > 7.5


def test_a_shock_is_resolved():
    """At the viscosity of the papers."""
    assert burgers_error(0.01 / np.pi, 300) < 2e-8


def test_a_mode_of_the_heat_equation_decays():
    elements = Elements(0.0, 1.0, 4)
    start = np.sin(2 * np.pi * elements.nodes)
    found = evolve(elements, 0.1, lambda u, slope: 0 * u, start, TIMES)
    expected = np.exp(-0.1 * 4 * np.pi**2 * TIMES)[:, None] * start
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.*")  # of NumPy about the root, and of the solver about its steps
def test_a_solution_that_ends_is_said_to_end():
    """u_t = sqrt(1/2 - u) reaches 1/2 at t = 0.63, where its rate is not a number any more."""
    elements = Elements(0.0, 1.0, 4)
    with pytest.raises(errors.ProblemError, match=r"could not be followed beyond t = 0.6.*points.compared = 0"):
        evolve(elements, 1e-3, lambda u, slope: np.sqrt(0.5 - u), np.full(elements.nodes.size, 0.4), TIMES)
