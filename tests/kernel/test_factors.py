"""The factors of a row are all that its gradient consists of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import jacobian
from hpcpinn.kernel.factors import factors
from hpcpinn.model import catalogue
from hpcpinn.model.networks import ARCHITECTURES
from hpcpinn.model.requirements import required_channels

POINTS = {1: [[0.3], [0.8]], 2: [[0.3, 0.6], [0.9, 0.1]]}

networks = pytest.mark.parametrize(("architecture", "parametrization"), [("mlp", "ntk"), ("modified_mlp", "mup")])


def case(problem, architecture, parametrization="ntk", **more):
    """A network of two layers for a problem, its parameters and two points."""
    network = ARCHITECTURES[architecture](
        width=6, depth=2, parametrization=parametrization, weight_std=1.3, bias_std=0.7, **more
    )
    params = network.init(jax.random.key(5), problem)
    x = jnp.asarray(POINTS[len(problem.coordinates)])
    return network, params, x


def gradient_from_factors(network, params, found, row):
    """dr/dW = m_W sum_a delta^a (x) h^a and dr/db = m_b delta^0 for every site."""
    result = {}
    for site in network.sites_of(params):
        scales, of_site = network.scales(site), found[site.name]
        weight = np.einsum("cj,ci->ji", of_site.sensitivities[row], of_site.inputs[row])
        result[site.name] = {"weight": scales.weight * weight, "bias": scales.bias * of_site.sensitivities[row, 0]}
    return result


@networks
@pytest.mark.parametrize(("name", "term"), [("poisson1d", "boundary"), ("klein_gordon1d", "residual")])
def test_they_give_the_gradient_of_a_row(architecture, parametrization, name, term, eps):
    problem = catalogue.problem(name)
    network, params, x = case(problem, architecture, parametrization)
    found = factors(problem, problem.terms[term], network, params, x)
    slope = jax.jit(jax.grad(lambda theta, one: jacobian.residual(problem, problem.terms[term], network, theta, one)))
    for row, one in enumerate(x):
        expected = slope(params, one)
        largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(expected))
        jax.tree.map(
            lambda a, b, scale=largest: np.testing.assert_allclose(a, b, rtol=0, atol=200 * eps * scale),
            gradient_from_factors(network, params, found, row),
            expected,
        )


@networks
def test_their_shapes_are_rows_channels_and_the_ends_of_the_map(architecture, parametrization):
    problem = catalogue.problem("klein_gordon1d")
    term = problem.terms["residual"]
    network, params, x = case(problem, architecture, parametrization)
    found = factors(problem, term, network, params, x)
    channels = len(required_channels(problem, term))
    assert channels == 4  # u, u_t, u_x, u_tt - u_xx
    assert set(found) == set(params)
    for site in network.sites_of(params):
        assert found[site.name].inputs.shape == (2, channels, site.fan_in)
        assert found[site.name].sensitivities.shape == (2, channels, site.fan_out)


def test_channels_that_are_zero_by_structure_are_zero_exactly():
    problem = catalogue.problem("poisson1d")
    network, params, x = case(problem, "mlp", input_shift=(0.5,), input_scale=(0.25,))
    found = factors(problem, problem.terms["residual"], network, params, x)
    # Coordinates have a value, a constant slope, and nothing above.
    coordinates = [[(one - 0.5) / 0.25, 4.0, 0.0] for one in (0.3, 0.8)]
    np.testing.assert_array_equal(found["hidden_1"].inputs[:, :, 0], coordinates)
    # r = u_xx - f, and u_xx is 2! times the third Taylor coefficient: the output's bias does not move this row.
    np.testing.assert_array_equal(found["output"].sensitivities[:, :, 0], [[0.0, 0.0, 2.0]] * 2)


def test_a_nonlinear_operator_carries_its_derivative_at_the_present_solution(operators, eps):
    problem = operators()
    network, params, x = case(problem, "mlp")
    output = factors(problem, problem.terms["steady_burgers"], network, params, x)["output"]
    u, slope = jax.jit(jax.vmap(lambda one: jax.jvp(lambda y: network.apply(params, y)[0], (one,), (one / one,))))(x)
    expected = np.stack([slope, u, np.full(2, -0.2)], axis=1)  # d/du, d/du_x, 2! d/du_xx of u u_x - 0.1 u_xx
    np.testing.assert_allclose(output.sensitivities[:, :, 0], expected, rtol=100 * eps)
