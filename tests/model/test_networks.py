import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import networks
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.problems.navier_stokes2d import NavierStokes2D
from hpcpinn.model.problems.poisson1d import Poisson1D

PROBLEM = NavierStokes2D()  # two coordinates, three fields
KEY = jax.random.key(3)
architectures = pytest.mark.parametrize("architecture", [MLP, ModifiedMLP])
parametrizations = pytest.mark.parametrize("parametrization", ["ntk", "standard", "mup"])


def multipliers(network, role, fan_in):
    """The table of the parametrisations, written a second time: weight and bias multiplier of the forward pass."""
    if network.parametrization == "ntk":
        return network.weight_std / math.sqrt(fan_in), network.bias_std
    if network.parametrization == "standard":
        return 1.0, 1.0
    root = math.sqrt(network.width)
    return {"input": (root, root), "hidden": (1.0, root), "output": (1 / root, 1.0)}[role]


def by_hand(network, params, x):
    params = jax.tree.map(np.asarray, params)

    def affine(name, role, h):
        weight, bias = multipliers(network, role, len(h))
        return weight * params[name]["weight"] @ h + bias * params[name]["bias"]

    x = np.asarray(x)
    h = x
    if isinstance(network, ModifiedMLP):
        u, v = (np.tanh(affine(name, "input", x)) for name in ("encoder_u", "encoder_v"))
    for k in range(1, network.depth + 1):
        h = np.tanh(affine(f"hidden_{k}", "input" if k == 1 else "hidden", h))
        if isinstance(network, ModifiedMLP):
            h = (1 - h) * u + h * v
    return affine("output", "output", h)


@architectures
@parametrizations
@pytest.mark.parametrize("depth", [1, 3])
def test_apply_is_the_forward_pass_written_by_hand(architecture, parametrization, depth, eps):
    network = architecture(width=7, depth=depth, parametrization=parametrization, weight_std=1.3, bias_std=0.4)
    params, x = network.init(KEY, PROBLEM), jnp.asarray([0.3, -0.2])
    np.testing.assert_allclose(network.apply(params, x), by_hand(network, params, x), rtol=100 * eps, atol=100 * eps)


@architectures
def test_parameters_have_the_shapes_of_the_sites(architecture):
    network = architecture(width=5, depth=3)
    params = network.init(KEY, PROBLEM)
    sites = network.sites(coordinates=2, fields=3)
    assert list(params) == [site.name for site in sites]
    assert network.sites_of(params) == sites
    for site in sites:
        assert params[site.name]["weight"].shape == (site.fan_out, site.fan_in)
        assert params[site.name]["bias"].shape == (site.fan_out,)
        assert params[site.name]["weight"].dtype == jnp.float64


@pytest.mark.parametrize(
    ("parametrization", "site", "weight_std", "bias_std"),
    [
        ("ntk", "hidden_2", 1.0, 1.0),
        ("standard", "hidden_1", 1.5 / math.sqrt(2), 0.5),
        ("standard", "hidden_2", 1.5 / math.sqrt(300), 0.5),
        ("mup", "hidden_1", 1.5 / math.sqrt(2 * 300), 0.5 / math.sqrt(300)),
        ("mup", "hidden_2", 1.5 / math.sqrt(300), 0.5 / math.sqrt(300)),
    ],
)
def test_initial_parameters_have_the_moments_of_the_table(parametrization, site, weight_std, bias_std):
    network = MLP(width=300, depth=2, parametrization=parametrization, weight_std=1.5, bias_std=0.5)
    drawn = network.init(KEY, PROBLEM)[site]
    for values, expected in ((drawn["weight"], weight_std), (drawn["bias"], bias_std)):
        assert abs(jnp.mean(values)) < 5 * expected / math.sqrt(values.size)
        # The standard deviation of an estimated standard deviation is sigma / sqrt(2 n).
        assert abs(jnp.std(values) / expected - 1) < 5 / math.sqrt(2 * values.size)


@architectures
def test_ntk_and_standard_are_the_same_function_of_the_same_draws(architecture, eps):
    outputs = [_output(architecture, parametrization, 50, bias_std=0.7) for parametrization in ("ntk", "standard")]
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e3 * eps)


@architectures
@pytest.mark.parametrize("width", [4, 64])
def test_the_output_of_mup_is_smaller_by_the_root_of_the_width(architecture, width, eps):
    # Without an output bias, which mup leaves at order one.
    ntk, mup = (_output(architecture, parametrization, width, bias_std=0.0) for parametrization in ("ntk", "mup"))
    np.testing.assert_allclose(mup * math.sqrt(width), ntk, rtol=1e3 * eps)


def test_the_output_of_ntk_keeps_its_size_at_any_width():
    # Together with the test above: that of mup falls like the root of the width.
    spread = [np.std([_draw(width, seed) for seed in range(40)]) for width in (16, 256)]
    assert 0.7 < spread[1] / spread[0] < 1.4


@architectures
def test_input_scaling_is_a_change_of_the_coordinates(architecture, eps):
    plain = architecture(width=6, depth=2)
    scaled = architecture(width=6, depth=2, input_shift=(0.25, 0.5), input_scale=(0.75, 1.0))
    params, x = plain.init(KEY, PROBLEM), jnp.asarray([0.9, -0.1])
    moved = (x - jnp.asarray([0.25, 0.5])) / jnp.asarray([0.75, 1.0])
    np.testing.assert_allclose(scaled.apply(params, x), plain.apply(params, moved), rtol=10 * eps)


def test_parameters_are_reproducible_and_differ_between_keys_and_sites():
    network = MLP(width=4, depth=3)
    first, again, other = (network.init(jax.random.key(seed), Poisson1D()) for seed in (0, 0, 1))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.all(a == b)), first, again))
    assert not any(jax.tree.leaves(jax.tree.map(lambda a, b: bool(jnp.any(a == b)), first, other)))
    assert not jnp.any(first["hidden_2"]["weight"] == first["hidden_3"]["weight"])


def test_a_network_is_a_value():
    assert MLP(width=4, depth=1) == MLP(width=4, depth=1)
    assert hash(MLP(width=4, depth=1)) == hash(MLP(width=4, depth=1))
    assert MLP(width=4, depth=1) != ModifiedMLP(width=4, depth=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, r"width = 0.*positive whole number"),
        ({"depth": -1}, r"depth = -1.*positive whole number"),
        ({"weight_std": 0.0}, r"weight_std = 0.0.*positive number"),
        ({"bias_std": -1.0}, r"bias_std = -1.0.*zero or a positive"),
        ({"input_scale": (0.0,)}, r"input_scale = \(0.0,\).*positive numbers"),
        ({"activation": "relu"}, r"activation `relu` does not exist; allowed: erf, gelu"),
        ({"parametrization": "ntkk"}, r"parametrization `ntkk` does not exist.*Did you mean `ntk`"),
    ],
)
def test_impossible_networks_are_refused(wrong, message):
    with pytest.raises(errors.NetworkError, match=message):
        MLP(**{"width": 4, "depth": 1} | wrong)


def test_architectures_have_names():
    assert networks.architecture("mlp") is MLP
    assert networks.architecture("modified_mlp") is ModifiedMLP
    with pytest.raises(errors.NetworkError, match=r"`modified` does not exist.*Did you mean `modified_mlp`"):
        networks.architecture("modified")


def _output(architecture, parametrization, width, bias_std):
    network = architecture(width=width, depth=2, parametrization=parametrization, bias_std=bias_std)
    return np.asarray(network.apply(network.init(KEY, PROBLEM), jnp.asarray([0.3, -0.2])))


def _draw(width, seed):
    # Parameters of ntk have unit variance; drawing them with numpy spares a compilation for every shape.
    network, rng = MLP(width=width, depth=2, bias_std=0.0), np.random.default_rng(seed)
    shapes = {site.name: (site.fan_out, site.fan_in) for site in network.sites(coordinates=2, fields=3)}
    params = {
        name: {"weight": jnp.asarray(rng.standard_normal(shape)), "bias": jnp.zeros(shape[0])}
        for name, shape in shapes.items()
    }
    return network.apply(params, jnp.asarray([0.3, -0.2]))
