"""Blocks between panels: the same by either contraction, and the sums of what every linear map adds."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.case import TOTAL, Case, sites
from hpcpinn.model import catalogue
from hpcpinn.model.networks import ARCHITECTURES

TOLERANCE = 1e-12

architectures = pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
contractions = pytest.mark.parametrize("explicit", [frozenset(), frozenset({"hidden_1", "hidden_2", "output"})])


@pytest.fixture(autouse=True)
def operation_by_operation():
    """Without programs: they are small, many, and each is needed once."""
    with jax.disable_jit():
        yield


@pytest.fixture(scope="module")
def network():
    """Multipliers that differ between weights and biases and between layers."""
    return ARCHITECTURES["mlp"](width=7, depth=2, parametrization="mup", weight_std=1.3, bias_std=0.7)


def panels(case, params, points):
    """The factors of all points of every term, in two strips of two rows."""
    of_terms = {term: jnp.asarray(points[term]).reshape(2, 2, -1) for term in points.counts}
    return [factors.factors(case, term, params, x) for term, x in of_terms.items()]


def kernel(case, params, points):
    """Every pair of panels, with no use of symmetry; the axes are part, row, row."""
    found = panels(case, params, points)
    return np.concatenate(
        [np.concatenate([gram.pair(case, rows, cols) for cols in found], axis=2) for rows in found], axis=1
    )


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * np.abs(expected).max())


@architectures
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long) if name.startswith("lid_driven_cavity") else name
        for name in sorted(catalogue.PROBLEMS)
    ],
)
def test_either_contraction_of_a_site_gives_the_same_summand(name, architecture, draw):
    """The terms of a problem have different numbers of channels, which meet in one block."""
    problem = catalogue.problem(name)
    network = ARCHITECTURES[architecture](width=7, depth=2, parametrization="mup", weight_std=1.3, bias_std=0.7)
    params, points = draw(network, problem, 1), problem.sample(dict.fromkeys(problem.terms, 4))
    names = tuple(site.name for site in sites(problem, network))
    structured, explicit = (
        kernel(Case(problem, network, frozenset(chosen), names), params, points) for chosen in ((), names)
    )
    for one, other in zip(structured, explicit, strict=True):
        assert_close(one, other)


@pytest.fixture(scope="module")
def points(operators):
    return operators().sample({"curvature": 4, "steady_burgers": 4, "value": 4})


@pytest.fixture(scope="module")
def params(operators, network, draw):
    return draw(network, operators(), 3)


@pytest.fixture(scope="module")
def jacobian(operators, network, params, points, residual_vector):
    """The explicit Jacobian by site, with respect to its weight and its bias."""
    found = jax.jit(jax.jacrev(residual_vector(operators(), network, points)))(params)
    return {
        site: np.concatenate([np.asarray(leaf).reshape(12, -1) for leaf in leaves.values()], axis=1)
        for site, leaves in found.items()
    }


@contractions
def test_the_summand_of_a_site_is_the_kernel_of_its_parameters_alone(
    operators, network, params, points, jacobian, explicit
):
    """Weight and bias of the conjugate kernel, `output`, and of every other layer."""
    names = tuple(jacobian)
    assert names == tuple(site.name for site in sites(operators(), network))
    summands = kernel(Case(operators(), network, explicit, names), params, points)
    for name, summand in zip(names, summands, strict=True):
        assert_close(summand, jacobian[name] @ jacobian[name].T)


@pytest.mark.parametrize("explicit", [("hidden_1",), ("hidden_2",), ("hidden_1", "output")])
def test_sites_are_contracted_independently_of_each_other(operators, network, params, points, jacobian, explicit):
    (total,) = kernel(Case(operators(), network, frozenset(explicit)), params, points)
    assert_close(total, sum(of_site @ of_site.T for of_site in jacobian.values()))


@contractions
def test_the_summands_of_all_sites_add_up_to_the_total(operators, network, params, points, explicit):
    names = [site.name for site in sites(operators(), network)]
    total, *summands = kernel(Case(operators(), network, explicit, (TOTAL, *names)), params, points)
    assert_close(functools.reduce(np.add, summands), total)  # explicit ones are one product in the total
    (alone,) = kernel(Case(operators(), network, explicit), params, points)
    np.testing.assert_array_equal(alone, total)


@contractions
def test_parts_come_in_the_order_in_which_they_are_asked_for(operators, network, params, points, explicit):
    case = functools.partial(Case, operators(), network, explicit)
    output, total = kernel(case(("output", TOTAL)), params, points)
    np.testing.assert_array_equal(kernel(case((TOTAL, "output")), params, points), [total, output])
    np.testing.assert_array_equal(kernel(case(("output",)), params, points), [output])


@contractions
def test_a_panel_and_itself_give_what_is_on_and_above_the_diagonal(operators, network, params, points, explicit):
    case = Case(operators(), network, explicit, ("hidden_2", TOTAL))
    for panel in panels(case, params, points):
        found, whole = gram.diagonal(case, panel), gram.pair(case, panel, panel)
        assert_close(np.triu(found), np.triu(whole))


def test_structured_strips_below_the_diagonal_are_not_formed(operators, network, params, points):
    case = Case(operators(), network, frozenset())
    strip = np.repeat(np.arange(2), 2)
    below = strip[:, None] > strip
    for panel in panels(case, params, points):
        assert not np.asarray(gram.diagonal(case, panel))[:, below].any()
        assert np.abs(gram.pair(case, panel, panel)[:, below]).min() > 0


def test_wide_panels_are_not_cut_into_strips(operators, network, params, points, monkeypatch):
    """What is below the diagonal is then formed too, and read by nobody."""
    case = Case(operators(), network, frozenset())
    monkeypatch.setattr(gram, "_WIDE", 0)
    for panel in panels(case, params, points):
        assert_close(gram.diagonal(case, panel), gram.pair(case, panel, panel))


@contractions
def test_norms_are_the_diagonal(operators, network, params, points, explicit):
    case = Case(operators(), network, explicit, ("hidden_2", TOTAL))
    for panel in panels(case, params, points):
        assert_close(gram.norms(case, panel), np.diagonal(gram.pair(case, panel, panel), axis1=1, axis2=2))


def test_a_site_cannot_be_contracted_in_two_ways_at_once(operators, network, params, points):
    cases = [Case(operators(), network, frozenset(explicit)) for explicit in ((), ("hidden_2",))]
    structured, explicit = (panels(case, params, points)[0] for case in cases)
    with pytest.raises(TypeError, match="site hidden_2 is contracted in two ways"):
        gram.pair(cases[0], structured, explicit)
