"""Gaussian expectations of activations, against closed forms and against quadrature in two dimensions."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import hermite_e

from hpcpinn import errors
from hpcpinn.limit import hermite, quadrature
from hpcpinn.model import activations

STDS = st.floats(0.05, 3.0)


def expectation(activation, one, other, rho, p=0, q=0):
    """Mehler's sum at one pair of standard deviations."""
    expansion = hermite.expansion(activation, max(p, q), max(one, other))
    found = expansion.coefficients(np.array([one, other]))
    return float(np.sum(rho ** np.arange(len(found)) * found[:, p, 0] * found[:, q, 1]))


def by_two_dimensional_quadrature(activation, one, other, rho, p=0, q=0, nodes=300):
    """The classical way: Gauss and Hermite in two independent variables."""
    z, w = hermite_e.hermegauss(nodes)
    w = w / math.sqrt(2 * math.pi)
    derivatives = activations.activation(activation)
    left = np.asarray(derivatives(jnp.asarray(one * z), p)[p])
    second = other * (rho * z[:, None] + math.sqrt(1 - rho**2) * z)
    right = np.asarray(derivatives(jnp.asarray(second), q)[q])
    return float(w @ (left[:, None] * right) @ w)


def test_hermite_functions_are_orthonormal():
    """Those that fit between the ends: degree k reaches to 2 sqrt(k) and a little further."""
    z = quadrature.nodes(std=0.0, degree=20)
    plain = quadrature.hermite_functions(20, len(z)) / np.sqrt(quadrature.weights(z))
    np.testing.assert_allclose(plain @ plain.T, np.eye(20), atol=1e-13)


@settings(max_examples=30)
@given(STDS, STDS, st.floats(-1.0, 1.0))
def test_erf_has_the_arcsine_kernel(one, other, rho):
    """Williams 1997."""
    expected = 2 / math.pi * math.asin(2 * rho * one * other / math.sqrt((1 + 2 * one**2) * (1 + 2 * other**2)))
    assert expectation("erf", one, other, rho) == pytest.approx(expected, abs=1e-13)


@settings(max_examples=30)
@given(STDS, STDS, st.floats(-1.0, 1.0))
def test_sine_has_a_kernel_of_exponentials(one, other, rho):
    s, c = (one**2 + other**2) / 2, rho * one * other
    expected = (math.exp(c - s) - math.exp(-c - s)) / 2
    assert expectation("sin", one, other, rho) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("activation", sorted(activations.ACTIVATIONS))
@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.5, 0.99])
@pytest.mark.parametrize(("p", "q"), [(0, 0), (1, 1), (2, 0), (3, 1)])
def test_every_activation_and_derivative_has_the_mean_of_two_dimensional_quadrature(activation, rho, p, q):
    found = expectation(activation, 1.1, 0.8, rho, p, q)
    assert found == pytest.approx(by_two_dimensional_quadrature(activation, 1.1, 0.8, rho, p, q), abs=1e-8)


def test_tanh_is_the_mixture_of_error_functions_that_the_logistic_distribution_makes_it():
    r"""tanh(z) = E[erf(z / (k sqrt 2))] with Kolmogorov's density of k (Andrews and Mallows 1974)."""
    k, w = np.polynomial.legendre.leggauss(64)
    k, w = 2.01 * k + 2.19, 2.01 * w
    j = np.arange(1, 60)[:, None]
    density = np.sum((-1.0) ** (j - 1) * 8 * k * j**2 * np.exp(-2 * j**2 * k**2), axis=0)
    slope = 1 / (k * math.sqrt(2))
    one, other, rho = 1.4, 0.7, 0.8
    scale = [slope * std * math.sqrt(2) / np.sqrt(1 + 2 * (slope * std) ** 2) for std in (one, other)]
    mixture = 2 / math.pi * np.arcsin(rho * np.outer(*scale))
    expected = (w * density) @ mixture @ (w * density)
    assert expectation("tanh", one, other, rho) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("activation", sorted(activations.ACTIVATIONS))
def test_what_is_left_out_is_what_parseval_misses(activation):
    """The remainder that an expansion states is below its tolerance, and the sum of squares shows it."""
    expansion = hermite.expansion(activation, 5, 1.7)
    assert expansion.error < hermite.TOLERANCE
    found = expansion.coefficients(np.array([1.7]))[:, :, 0]
    z = quadrature.nodes(1.7, expansion.count)
    for p, row in enumerate(activations.activation(activation)(jnp.asarray(1.7 * z), 5)):
        whole = float(np.asarray(row) ** 2 @ quadrature.weights(z))
        assert np.sum(found[:, p] ** 2) == pytest.approx(whole, rel=1e-13)


def test_derivatives_with_respect_to_the_variance_are_those_of_the_closed_form():
    """erf: E[erf(sqrt(s) z)^2] = 2/pi asin(2s/(1+2s)), the slope of which is 4/pi / ((1+2s) sqrt(1+4s))."""
    s = 0.7
    value, slope, _ = hermite.mean_squares("erf", np.array([math.sqrt(s)]), 2)[:, 0]
    assert value == pytest.approx(2 / math.pi * math.asin(2 * s / (1 + 2 * s)), abs=1e-13)
    assert slope == pytest.approx(4 / math.pi / ((1 + 2 * s) * math.sqrt(1 + 4 * s)), abs=1e-13)


def test_means_are_those_of_the_closed_form():
    """gelu: E[z' Phi(z')] = s / sqrt(2 pi (1+s)) for z' of variance s."""
    s = 1.3
    (value,) = hermite.means("gelu", np.array([math.sqrt(s)]), 0)[:, 0]
    assert value == pytest.approx(s / math.sqrt(2 * math.pi * (1 + s)), abs=1e-13)


def test_what_cannot_be_expanded_is_refused_with_a_way_out():
    with pytest.raises(errors.LimitError, match=r"4096 Hermite coefficients.*smaller weight_std"):
        hermite.expansion("tanh", 1, 20.0)
