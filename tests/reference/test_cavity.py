"""The flow in a cavity against published ones, and against itself on other meshes."""

import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.reference.cavity import cavity

# Ghia, Ghia and Shin, J. Comput. Phys. 48 (1982) 387-411, Re = 100: u along x = 1/2 and v along y = 1/2.
GHIA_U = {
    0.0547: -0.03717, 0.0625: -0.04192, 0.0703: -0.04775, 0.1016: -0.06434, 0.1719: -0.10150, 0.2813: -0.15662,
    0.4531: -0.21090, 0.5: -0.20581, 0.6172: -0.13641, 0.7344: 0.00332, 0.8516: 0.23151, 0.9531: 0.68717,
    0.9609: 0.73722, 0.9688: 0.78871, 0.9766: 0.84123,
}  # fmt: skip
GHIA_V = {
    0.0625: 0.09233, 0.0703: 0.10091, 0.0781: 0.10890, 0.0938: 0.12317, 0.1563: 0.16077, 0.2266: 0.17507,
    0.2344: 0.17527, 0.5: 0.05454, 0.8047: -0.24533, 0.8594: -0.22445, 0.9063: -0.16914, 0.9453: -0.10313,
    0.9531: -0.08864, 0.9609: -0.07391, 0.9688: -0.05906,
}  # fmt: skip
# Botella and Peyret, Computers and Fluids 27 (1998) 421-433: the least u along x = 1/2, the largest and least v along
# y = 1/2, by a spectral method without the singularities in the corners.
EXTREMES = {100.0: (-0.2140424, 0.1795728, -0.2538030), 1000.0: (-0.3885698, 0.3769447, -0.5270771)}
LINE = np.linspace(0, 1, 4001)


def along(solution, x, y, field):
    points = np.stack(np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float)), axis=-1)
    return solution.at(points)[field]


def extremes(solution):
    u, v = along(solution, 0.5, LINE, "u"), along(solution, LINE, 0.5, "v")
    return np.array([u.min(), v.max(), v.min()])


@pytest.fixture(scope="module")
def flow():
    return cavity(100.0)


def test_it_is_the_flow_of_ghia_ghia_and_shin(flow):
    """Their table is off the spectral values by as much: 0.2109 for 0.2140, 0.24533 for 0.25380."""
    np.testing.assert_allclose(along(flow, 0.5, list(GHIA_U), "u"), list(GHIA_U.values()), rtol=0, atol=0.0055)
    np.testing.assert_allclose(along(flow, list(GHIA_V), 0.5, "v"), list(GHIA_V.values()), rtol=0, atol=0.0095)


def test_its_extremes_are_those_of_a_spectral_method(flow):
    np.testing.assert_allclose(extremes(flow), EXTREMES[100.0], rtol=0, atol=1e-5)


def test_at_a_larger_reynolds_number_too():
    np.testing.assert_allclose(extremes(cavity(1000.0)), EXTREMES[1000.0], rtol=0, atol=5e-4)


def test_extrapolation_makes_it_more_than_second_order():
    coarse, fine = (np.abs(extremes(cavity(100.0, cells)) - EXTREMES[100.0]).max() for cells in (16, 32))
    assert np.log2(coarse / fine) > 3


def test_mass_is_conserved_and_the_walls_hold(flow):
    """What passes a line through the cavity comes back; and the velocities of the walls are theirs."""
    for place in (0.3, 0.5, 0.9):
        assert abs(np.trapezoid(along(flow, place, LINE, "u"), LINE)) < 1e-4
        assert abs(np.trapezoid(along(flow, LINE, place, "v"), LINE)) < 1e-4
    u, v = flow.fields["u"], flow.fields["v"]
    assert np.all(u[1:-1, -1] == 1)
    assert np.all(u[[0, -1], -1] == 0.5)
    assert not u[[0, -1], :-1].any()
    assert not u[:, 0].any()
    assert not v[[0, -1]].any()
    assert not v[:, [0, -1]].any()


def test_a_slow_flow_is_symmetric():
    """Stokes flow is the same from left to right and back."""
    u, v = (cavity(1e-6, 16).fields[name] for name in "uv")
    np.testing.assert_allclose(u, u[::-1], rtol=0, atol=1e-7)
    np.testing.assert_allclose(v, -v[::-1], rtol=0, atol=1e-7)


@pytest.mark.parametrize("reynolds", [0.0, -1.0, 1e4, float("nan")])
def test_a_flow_that_cannot_be_found_is_refused(reynolds):
    with pytest.raises(errors.ProblemError, match=r"no reference solution for reynolds = .*allowed: .* up to 3200"):
        cavity(reynolds)
