"""The same function in another parametrisation has another kernel: how the two are related, and how they grow."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import assembly
from hpcpinn.model.networks.mlp import MLP

WIDTHS = (64, 1024)


def same_function(params, source, target):
    """The parameters of `target` with the effective weights m_W W and biases m_b b of `source`."""
    result = {}
    for site in source.sites_of(params):
        old, new, of_site = source.scales(site), target.scales(site), params[site.name]
        result[site.name] = {
            "weight": of_site["weight"] * (old.weight / new.weight),
            "bias": of_site["bias"] * (old.bias / new.bias),
        }
    return result


@pytest.fixture(scope="module")
def ntk():
    return MLP(width=6, depth=2, parametrization="ntk", weight_std=1.3, bias_std=0.7)


@pytest.fixture(scope="module")
def points(operators):
    return operators().sample({"curvature": 3, "steady_burgers": 2, "value": 2})


@pytest.fixture(scope="module")
def params(operators, ntk, draw):
    return draw(ntk, operators(), 2)


@pytest.fixture(scope="module")
def summands(operators, ntk, params, points, residual_vector):
    """J J^T of every weight and every bias alone, with respect to the effective parameters m_W W and m_b b."""
    jacobian = jax.jit(jax.jacrev(residual_vector(operators(), ntk, points)))(params)
    result = {}
    for site in ntk.sites_of(params):
        for kind, multiplier in (("weight", ntk.scales(site).weight), ("bias", ntk.scales(site).bias)):
            flat = np.asarray(jacobian[site.name][kind]).reshape(7, -1) / multiplier
            result[site.name, kind] = flat @ flat.T
    return result


@pytest.mark.parametrize("name", ["ntk", "standard", "mup"])
def test_every_kernel_is_the_same_summands_times_squared_multipliers(
    operators, ntk, params, points, summands, name, eps
):
    network = dataclasses.replace(ntk, parametrization=name)
    translated = same_function(params, ntk, network)
    x = jnp.asarray([0.4])
    np.testing.assert_allclose(network.apply(translated, x), ntk.apply(params, x), rtol=100 * eps)
    expected = sum(
        network.scales(site).weight ** 2 * summands[site.name, "weight"]
        + network.scales(site).bias ** 2 * summands[site.name, "bias"]
        for site in network.sites_of(params)
    )
    kernel = assembly.ntk(operators(), network, translated, points)
    np.testing.assert_allclose(kernel, expected, rtol=0, atol=1000 * eps * np.abs(expected).max())


@pytest.mark.parametrize(("name", "exponent"), [("standard", 1.0), ("ntk", 0.0), ("mup", 0.0)])
def test_the_trace_grows_with_the_width_in_the_standard_parametrization_only(curvature, name, exponent):
    points = curvature.sample({"curvature": 4})
    means = []
    for width in WIDTHS:
        network = MLP(width=width, depth=1, parametrization=name)
        keys = (jax.random.key(seed) for seed in range(4 * 1024 // width))  # as many neurons at every width
        kernels = (assembly.ntk(curvature, network, network.init(key, curvature), points) for key in keys)
        means.append(np.mean([np.trace(kernel) for kernel in kernels]))
    fitted = np.log(means[1] / means[0]) / np.log(WIDTHS[1] / WIDTHS[0])
    assert abs(fitted - exponent) < 0.1
