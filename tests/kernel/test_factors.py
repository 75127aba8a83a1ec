"""The factors of a row are all that its gradient consists of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import factors, jacobian
from hpcpinn.kernel.case import Case, sites
from hpcpinn.model import catalogue
from hpcpinn.model.networks import ARCHITECTURES
from hpcpinn.model.problem import Problem
from hpcpinn.model.requirements import required_channels
from hpcpinn.model.terms import boundary, interior

POINTS = {1: [[[0.3], [0.8]]], 2: [[[0.3, 0.6], [0.9, 0.1]]]}  # one strip of two rows

networks = pytest.mark.parametrize(("architecture", "parametrization"), [("mlp", "ntk"), ("modified_mlp", "mup")])


class Known(Problem):
    """Nothing is unknown in its second term."""

    coordinates = {"x": (0.0, 1.0)}

    @interior
    def curvature(self, p, f):
        return f.u_xx

    @boundary(x=0)
    def constant(self, p, f):
        return p.x + 1


@pytest.fixture(scope="module")
def small(draw):
    """A network of two layers for a problem, its parameters and two points."""

    def of(problem, architecture, parametrization="ntk", **more):
        network = ARCHITECTURES[architecture](
            width=6, depth=2, parametrization=parametrization, weight_std=1.3, bias_std=0.7, **more
        )
        return network, draw(network, problem, 5), jnp.asarray(POINTS[len(problem.coordinates)])

    return of


def found(problem, network, term, params, x, explicit=()):
    case = Case(problem, network, frozenset(explicit))
    return jax.jit(lambda theta, some: factors.factors(case, term, theta, some))(params, x)


def gradient_from_structured(network, site, of_site, row):
    """dr/dW = sum_a (m_W delta^a) (x) h^a and dr/db = m_b delta^0."""
    scales = network.scales(site)
    weight = np.einsum("cj,ci->ji", of_site.sensitivities[0, :, row], of_site.inputs[0, :, row])
    return {"weight": weight, "bias": scales.bias / scales.weight * of_site.sensitivities[0, 0, row]}


def gradient_from_explicit(site, of_site, row):
    """The gradient of the weight and, as a last column, that of the bias, with the longer side last."""
    both = np.asarray(of_site.gradient[0, row])
    both = both.T if site.fan_out > site.fan_in + 1 else both
    return {"weight": both[:, :-1], "bias": both[:, -1]}


@networks
@pytest.mark.parametrize(("name", "term"), [("poisson1d", "boundary"), ("klein_gordon1d", "residual")])
def test_they_give_the_gradient_of_a_row(small, architecture, parametrization, name, term, eps):
    problem = catalogue.problem(name)
    network, params, x = small(problem, architecture, parametrization)
    structured = found(problem, network, term, params, x)
    explicit = found(problem, network, term, params, x, params)
    slope = jax.jit(jax.grad(lambda theta, one: jacobian.residual(problem, problem.terms[term], network, theta, one)))
    for row, one in enumerate(x[0]):
        expected = slope(params, one)
        largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(expected))
        for site in sites(problem, network):
            for gradient in (
                gradient_from_structured(network, site, structured[site.name], row),
                gradient_from_explicit(site, explicit[site.name], row),
            ):
                for kind, leaf in expected[site.name].items():
                    np.testing.assert_allclose(gradient[kind], leaf, rtol=0, atol=200 * eps * largest)


@networks
def test_their_shapes_are_strips_channels_rows_and_the_ends_of_the_map(small, architecture, parametrization):
    problem = catalogue.problem("klein_gordon1d")
    network, params, x = small(problem, architecture, parametrization)
    channels = len(required_channels(problem, problem.terms["residual"]))
    assert channels == 4  # u, u_t, u_x, u_tt - u_xx
    strips = jnp.concatenate([x, x + 0.01, x - 0.01])
    of_sites = found(problem, network, "residual", params, strips, ["output"])
    assert list(of_sites) == [site.name for site in sites(problem, network)]
    *others, output = sites(problem, network)
    for site in others:
        assert of_sites[site.name].inputs.shape == (3, channels, 2, site.fan_in)
        assert of_sites[site.name].sensitivities.shape == (3, channels, 2, site.fan_out)
    assert of_sites["output"].gradient.shape == (3, 2, output.fan_out, output.fan_in + 1)


def test_strips_are_only_a_shape(small, operators, eps):
    """A row has the same factors in any strip."""
    problem = operators()
    network, params, x = small(problem, "mlp")
    together = found(problem, network, "curvature", params, x, ["hidden_1"])
    apart = found(problem, network, "curvature", params, x.swapaxes(0, 1), ["hidden_1"])
    for site in ("hidden_2", "output"):
        for kind in ("inputs", "sensitivities"):
            one, other = getattr(together[site], kind), getattr(apart[site], kind)
            np.testing.assert_allclose(one, other.swapaxes(0, 2), rtol=0, atol=20 * eps * float(jnp.abs(one).max()))
    one, other = together["hidden_1"].gradient, apart["hidden_1"].gradient
    np.testing.assert_allclose(one, other.swapaxes(0, 1), rtol=0, atol=20 * eps * float(jnp.abs(one).max()))


def test_channels_that_are_zero_by_structure_are_zero_exactly(small):
    problem = catalogue.problem("poisson1d")
    network, params, x = small(problem, "mlp", input_shift=(0.5,), input_scale=(0.25,))
    of_sites = found(problem, network, "residual", params, x)
    # Coordinates have a value, a constant slope, and nothing above.
    coordinates = [[(one - 0.5) / 0.25, 4.0, 0.0] for one in (0.3, 0.8)]
    np.testing.assert_array_equal(of_sites["hidden_1"].inputs[0, :, :, 0].T, coordinates)
    # r = u_xx - f, and u_xx is 2! times the third Taylor coefficient: the output's bias does not move this row.
    *_, output = sites(problem, network)
    sensitivities = of_sites["output"].sensitivities[0, :, :, 0].T
    np.testing.assert_array_equal(sensitivities, [[0.0, 0.0, 2.0 * network.scales(output).weight]] * 2)


def test_a_nonlinear_operator_carries_its_derivative_at_the_present_solution(small, operators, eps):
    problem = operators()
    network, params, x = small(problem, "mlp")
    of_output = found(problem, network, "steady_burgers", params, x)["output"]
    u, slope = jax.jit(jax.vmap(lambda one: jax.jvp(lambda y: network.apply(params, y)[0], (one,), (one / one,))))(x[0])
    expected = np.stack([slope, u, np.full(2, -0.2)], axis=1)  # d/du, d/du_x, 2! d/du_xx of u u_x - 0.1 u_xx
    *_, output = sites(problem, network)
    delta = of_output.sensitivities[0, :, :, 0].T / network.scales(output).weight
    np.testing.assert_allclose(delta, expected, rtol=100 * eps)


@pytest.mark.parametrize("explicit", [(), ("hidden_1", "hidden_2", "output")])
def test_no_parameter_moves_a_term_that_reads_no_field(small, explicit):
    problem = Known()
    network, params, x = small(problem, "mlp")
    for of_site in found(problem, network, "constant", params, x, explicit).values():
        moved = of_site.gradient if explicit else of_site.sensitivities
        assert not np.any(moved)
