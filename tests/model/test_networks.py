import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import networks
from hpcpinn.model.networks import threefry
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.networks.normal import normal
from hpcpinn.model.problems.navier_stokes2d import NavierStokes2D
from hpcpinn.model.problems.poisson1d import Poisson1D

PROBLEM = NavierStokes2D()  # two coordinates, three fields
KEY = jax.random.key(3)
# Seed 0, Poisson, width 3, depth 1, the standard parametrisation, by jax.random.normal of JAX 0.10.2.
PINNED_WEIGHTS = [-0.9984514375928081, 0.9237688592297483, 1.5244678020609637]
PINNED_BIAS = [1.2683470355162594]
architectures = pytest.mark.parametrize("architecture", [MLP, ModifiedMLP])
parametrizations = pytest.mark.parametrize("parametrization", ["ntk", "standard", "glorot", "mup"])


def multipliers(network, role, fan_in):
    """The table of the parametrisations, written a second time: weight and bias multiplier of the forward pass."""
    if network.parametrization == "ntk":
        return network.weight_std / math.sqrt(fan_in), network.bias_std
    if network.parametrization in ("standard", "glorot"):
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


def drawn_by_jax(network, key):
    """The initial parameters, leaf by leaf and operation by operation."""
    sites = network.sites(coordinates=2, fields=3)
    drawn = {}
    for one, site in zip(jax.random.split(key, len(sites)), sites, strict=True):
        weight, bias = jax.random.split(one)
        scales = network.scales(site)
        drawn[site.name] = {
            "weight": scales.weight_init * np.asarray(jax.random.normal(weight, (site.fan_out, site.fan_in))),
            "bias": scales.bias_init * np.asarray(jax.random.normal(bias, (site.fan_out,))),
        }
    return drawn


def same_bits(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(np.signbit(one), np.signbit(other))


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
        ("glorot", "hidden_1", 1.5 * math.sqrt(2 / 302), 0.5),
        ("glorot", "hidden_2", 1.5 / math.sqrt(300), 0.5),
        ("glorot", "output", 1.5 * math.sqrt(2 / 303), 0.5),
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


@architectures
@parametrizations
@pytest.mark.parametrize("bias_std", [0.0, 0.3])
def test_the_numbers_are_those_of_jax_scaled_and_rounded(architecture, parametrization, bias_std):
    network = architecture(width=37, depth=2, parametrization=parametrization, weight_std=1.3, bias_std=bias_std)
    expected = drawn_by_jax(network, KEY)
    same_bits(network.init(KEY, PROBLEM), expected)
    low = jax.tree.map(lambda leaf: leaf.astype(np.float32), expected)
    same_bits(network.init(KEY, PROBLEM, dtype=jnp.float32), low)


def test_keys_of_other_generators_give_the_numbers_of_jax():
    network, key = MLP(width=6, depth=1, parametrization="standard"), jax.random.key(1, impl="rbg")
    same_bits(network.init(key, PROBLEM), drawn_by_jax(network, key))


def test_the_random_bits_are_the_known_answers_of_threefry():
    """Key, counter and result in the tables of Random123, the authors' library (kat_vectors, threefry2x32 20)."""
    ones = 0xFFFFFFFF
    for key, counter, answer in (
        ((0, 0), (0, 0), 0x6B20015999BA4EFE),
        ((ones, ones), (ones, ones), 0x1CB996FCBB002BE7),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), 0xC4923A9C483DF7A0),
    ):
        wrapped = jax.random.wrap_key_data(jnp.asarray(key, jnp.uint32), impl=threefry.NAME)
        assert int(threefry.bits(wrapped, jnp.asarray([counter[0] << 32 | counter[1]], jnp.uint64))[0]) == answer


def test_the_numbers_of_a_seed_stay_what_they_were():
    """Stores hold results of these networks: other numbers would need another identity of a study."""
    drawn = MLP(width=3, depth=1, parametrization="standard").init(jax.random.key(0), Poisson1D())
    np.testing.assert_allclose(drawn["hidden_1"]["weight"][:, 0], PINNED_WEIGHTS, rtol=1e-14)
    np.testing.assert_allclose(drawn["output"]["bias"], PINNED_BIAS, rtol=1e-14)


@pytest.mark.parametrize("dtype", [jnp.float64, jnp.float32])
def test_many_keys_at_once_give_the_same_bits_as_one_at_a_time(dtype):
    network = MLP(width=19, depth=2, parametrization="mup", bias_std=0.3)
    devices = np.asarray(jax.devices())
    keys = jax.random.split(KEY, 2 * len(devices))

    def init(key):
        return network.init(key, PROBLEM, dtype=dtype)

    def mapped(some):
        return jax.lax.map(init, some)

    along = jax.sharding.PartitionSpec("device")
    mesh = jax.sharding.Mesh(devices, ("device",))
    expected = jax.tree.map(lambda *leaves: np.stack(leaves), *map(init, keys))
    for program in (mapped, jax.vmap(init), jax.shard_map(mapped, mesh=mesh, in_specs=along, out_specs=along)):
        same_bits(jax.jit(program)(keys), expected)


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_a_program_that_goes_on_with_the_numbers_sees_the_same_bits(scale):
    def go_on(key):
        drawn = normal(key, scale, (200, 201), jnp.dtype("float64"))
        return {"sum": 0.7 + drawn, "product": 0.7 * drawn}

    drawn = scale * np.asarray(jax.random.normal(KEY, (200, 201), jnp.float64))
    same_bits(jax.jit(go_on)(KEY), {"sum": 0.7 + drawn, "product": 0.7 * drawn})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_drawing_takes_no_memory_but_that_of_the_result(dtype):
    size = 256 * 512 * np.dtype(dtype).itemsize

    def draw(key):
        return normal(key, 1.0, (256, 512), np.dtype(dtype))

    def use(key):
        return jnp.sum(jnp.tanh(draw(key)))

    def temporary(program, keys):
        return jax.jit(program).lower(keys).compile().memory_analysis().temp_size_in_bytes

    keys = jax.random.split(KEY, 4)
    assert temporary(draw, KEY) < 0.05 * size
    assert temporary(lambda some: jax.lax.map(draw, some), keys) < 0.05 * size
    assert temporary(lambda some: jax.lax.map(use, some), keys) < 1.05 * size


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
