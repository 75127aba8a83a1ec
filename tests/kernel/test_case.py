"""What is fixed when the programs of a kernel are compiled: above all, which sites are contracted explicitly."""

import pytest

from hpcpinn.kernel import case as cases
from hpcpinn.kernel.case import Case
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior

WIDTHS = (4, 16, 64, 1024)


class Values(Problem):
    """One channel."""

    coordinates = {"x": (-1.0, 1.0)}

    @boundary()
    def value(self, p, f):
        return f.u


class Beam(Problem):
    """Five channels."""

    coordinates = {"x": (-1.0, 1.0)}

    @interior
    def bending(self, p, f):
        return f.u_xxxx


class Diffusion(Problem):
    """A time derivative that shares a channel with a second derivative, and one that does not."""

    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0)}

    @interior
    def residual(self, p, f):
        return f.u_t - 0.3 * f.u_xx

    @interior
    def inertia(self, p, f):
        return f.u_tt

    @boundary(t=0)
    def initial(self, p, f):
        return f.u_t


class HardValues(Diffusion):
    """The same with an ansatz."""

    def hard(self, p, f):
        return p.t * f.u


def explicit(problem, width, counts, depth=3, network=MLP):
    return set(cases.case(problem, network(width=width, depth=depth), counts).explicit)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rows", [2, 128, 50_000])
def test_the_first_and_the_last_map_of_a_second_derivative_are_always_explicit(curvature, width, rows):
    assert {"hidden_1", "output"} <= explicit(curvature, width, {"curvature": rows})
    gated = explicit(curvature, width, {"curvature": rows}, network=ModifiedMLP)
    assert {"encoder_u", "encoder_v", "hidden_1", "output"} <= gated


@pytest.mark.parametrize("depth", [2, 5])
def test_hidden_maps_are_explicit_in_narrow_networks_only(curvature, depth):
    hidden = {f"hidden_{k}" for k in range(2, depth + 1)}
    narrow = [n for n in range(1, 100) if hidden <= explicit(curvature, n, {"curvature": 50_000}, depth)]
    wide = [n for n in range(1, 100) if not hidden & explicit(curvature, n, {"curvature": 50_000}, depth)]
    assert narrow == list(range(1, 17))  # N < 2 C² - 1 with 3 channels
    assert narrow + wide == list(range(1, 100))


def test_more_channels_make_wider_networks_explicit(curvature):
    for problem, widest in ((Values(), 0), (curvature, 16), (Beam(), 48)):  # 1, 3 and 5 channels
        (term,) = problem.terms
        widths = [n for n in range(1, 100) if "hidden_2" in explicit(problem, n, {term: 50_000})]
        assert max(widths, default=0) == widest


def test_rows_of_few_channels_make_the_structured_contraction_cheaper(operators):
    counts = {"curvature": 100, "steady_burgers": 100, "value": 0}
    assert "hidden_2" in explicit(operators(), 12, counts)
    assert "hidden_2" not in explicit(operators(), 12, counts | {"value": 300})


def test_cases_of_the_same_description_are_equal(operators):
    counts = {"curvature": 5, "steady_burgers": 3, "value": 2}
    one, other = (cases.case(operators(), MLP(width=8, depth=2), counts, ("output",)) for _ in range(2))
    assert one == other == Case(operators(), MLP(width=8, depth=2), one.explicit, ("output",))
    assert hash(one) == hash(other)
    assert one != cases.case(operators(factor=2.0), MLP(width=8, depth=2), counts, ("output",))
    assert cases.case(operators(), MLP(width=8, depth=2), counts).parts == ("total",)


@pytest.mark.parametrize(
    ("problem", "term", "linear", "read"),
    [
        (Diffusion(), "residual", 3, 1),  # u, u_x and u_t with u_xx; the last one is read
        (Diffusion(), "inertia", 2, 1),  # u, u_t and u_tt
        (Diffusion(), "initial", 2, 1),
        (HardValues(), "residual", 3, 3),  # an ansatz makes every derivative of all lower ones
        (HardValues(), "inertia", 2, 3),
        (catalogue.problem("helmholtz2d"), "residual", 3, 2),  # u, u_x, u_y and the Laplacian; u and the Laplacian
    ],
)
def test_channels_at_the_ends_of_a_network_are_those_that_are_not_zero_by_structure(problem, term, linear, read):
    first, hidden, last = cases.sites(problem, MLP(width=4, depth=2))
    channels = cases.input_channels(problem, term, hidden)
    assert channels == cases.output_channels(problem, term, hidden) == tuple(range(len(channels)))
    assert cases.input_channels(problem, term, last) == cases.output_channels(problem, term, first) == channels
    assert len(cases.input_channels(problem, term, first)) == linear
    assert len(cases.output_channels(problem, term, last)) == read


def test_maps_count_rows_times_channels(operators):
    """3 channels for 5 + 3 rows and 1 for 2; values and slopes of x; u_xx of 5 rows, all of 3, u of 2."""
    first, hidden, last = cases.maps(
        operators(), MLP(width=8, depth=2), {"curvature": 5, "steady_burgers": 3, "value": 2}
    )
    assert (first.fan_in, first.fan_out, first.inputs, first.sensitivities) == (1, 8, 18, 26)
    assert (hidden.fan_in, hidden.fan_out, hidden.inputs, hidden.sensitivities) == (8, 8, 26, 26)
    assert (last.fan_in, last.fan_out, last.inputs, last.sensitivities) == (8, 1, 26, 16)
    assert [site.channel_rows for site in (first, hidden, last)] == [26, 26, 26]
    assert [site.is_first for site in (first, hidden, last)] == [True, False, False]
