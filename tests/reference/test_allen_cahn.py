"""The Allen-Cahn equation: against a finer run, and what every solution of it does."""

import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import catalogue
from hpcpinn.reference.allen_cahn import allen_cahn

POINTS = np.random.default_rng(0).uniform([0, -1], [1, 1], (2000, 2))


def start(x):
    return x**2 * np.cos(np.pi * x)


@pytest.fixture(scope="module")
def published():
    """That of the papers, with κ = 1e-4 and r = 5."""
    return catalogue.problem("allen_cahn1d").reference()


def test_the_published_case_is_known_to_1e_8(published):
    finer = allen_cahn(1e-4, 5.0, start, elements=500)
    assert np.abs(published.at(POINTS)["u"] - finer.at(POINTS)["u"]).max() < 1e-8


def test_it_begins_as_the_problem_says_and_keeps_its_ends(published):
    u, x = published.fields["u"], published.axes["x"]
    np.testing.assert_allclose(u[0], start(x), rtol=0, atol=1e-15)
    assert np.all(u[:, [0, -1]] == -1)
    np.testing.assert_allclose(u, u[:, ::-1], rtol=0, atol=1e-9)  # even, as its beginning is


def test_it_stays_between_the_phases(published):
    """The maximum principle."""
    assert np.abs(published.fields["u"]).max() <= 1 + 1e-9


def test_its_energy_never_rises(published):
    r"""$E = \int \kappa u_x^2/2 + r (u^2 - 1)^2/4$ is what the equation descends."""
    x = np.linspace(-1, 1, 8001)
    t = published.axes["t"][::10]
    u = published.at(np.stack(np.meshgrid(t, x, indexing="ij"), axis=-1).reshape(-1, 2))["u"].reshape(len(t), -1)
    density = 1e-4 * np.gradient(u, x, axis=1) ** 2 / 2 + 5 * (u**2 - 1) ** 2 / 4
    energy = np.trapezoid(density, x, axis=1)
    assert np.all(np.diff(energy) < 0)


def test_an_interface_between_the_phases_stands_still():
    r"""$\tanh(x/\delta)$ with $\delta = \sqrt{2\kappa/r}$, but for what the ends are off, which is below 1e-12."""
    width = np.sqrt(2 * 1e-3 / 5)
    found = allen_cahn(1e-3, 5.0, lambda x: np.tanh(x / width), end=0.25).fields["u"]
    assert np.abs(found - found[0]).max() < 1e-8


def test_without_a_reaction_it_is_the_heat_equation():
    found = allen_cahn(0.1, 0.0, lambda x: np.sin(np.pi * x)).at(POINTS)["u"]
    expected = np.exp(-0.1 * np.pi**2 * POINTS[:, 0]) * np.sin(np.pi * POINTS[:, 1])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("diffusivity", [0.0, -1.0, 1e-7])
def test_interfaces_that_are_too_thin_are_refused(diffusivity):
    with pytest.raises(errors.ProblemError, match=r"no reference solution for diffusivity = .*allowed: diffusivity >="):
        allen_cahn(diffusivity, 5.0, start)
