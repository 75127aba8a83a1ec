"""Spectral elements: the weak form of polynomials, and how the error falls."""

import numpy as np
import pytest

from hpcpinn.reference.elements import Elements

EPS = np.finfo(float).eps


def no_source(u, slope):
    return 0 * u


def test_nodes_go_from_one_end_to_the_other():
    nodes = Elements(-1.0, 3.0, 5, 4).nodes
    assert (nodes[0], nodes[-1], len(nodes)) == (-1, 3, 21)
    assert np.all(np.diff(nodes) > 0)
    # The zeros of the derivative of the Legendre polynomial of degree 4 are 0 and ±sqrt(3/7).
    np.testing.assert_allclose(nodes[:5], -1 + 0.4 * (1 + np.array([-1, -np.sqrt(3 / 7), 0, np.sqrt(3 / 7), 1])))


@pytest.mark.parametrize("degree", [3, 8])
def test_the_source_is_given_the_value_and_the_slope(degree):
    elements = Elements(0.0, 2.0, 3, degree)
    x = elements.nodes
    rate = elements.rate(0.7, lambda u, slope: u + 2 * slope, x**degree)
    expected = x**degree + 2 * degree * x ** (degree - 1)
    # With u_xx = 0 by another source, the rate is the source itself.
    curved = elements.rate(0.7, no_source, x**degree)
    np.testing.assert_allclose((rate - curved)[1:-1], expected[1:-1], rtol=0, atol=1e4 * EPS * 2**degree)
    assert rate[0] == rate[-1] == 0


def test_the_second_derivative_of_a_mode_is_found_to_the_order_of_the_elements():
    def error(count):
        elements = Elements(-1.0, 1.0, count, 4)
        u = np.sin(np.pi * elements.nodes)
        rate = elements.rate(0.5, no_source, u)
        ends = elements.nodes[:: elements.degree]  # the weak form is pointwise where elements meet
        return np.abs(rate[:: elements.degree] + 0.5 * np.pi**2 * np.sin(np.pi * ends)).max()

    assert np.log2(error(8) / error(16)) > 3.8


def test_mass_is_conserved_but_for_what_flows_through_the_ends():
    elements = Elements(0.0, 1.0, 4, 6)
    u = np.random.default_rng(1).standard_normal(elements.nodes.size)
    weights = elements._mass
    assert weights.sum() == pytest.approx(1.0, rel=10 * EPS)
    rate = elements.rate(1.0, no_source, u)
    test = np.ones_like(u)
    test[[0, -1]] = 0
    flux = elements.rate(1.0, no_source, test)
    # The weak form is symmetric: (1, L u) = (L 1, u) for functions that vanish at both ends.
    u[[0, -1]] = 0
    rate = elements.rate(1.0, no_source, u)
    assert weights @ (test * rate) == pytest.approx(weights @ (flux * u), rel=1e6 * EPS)
