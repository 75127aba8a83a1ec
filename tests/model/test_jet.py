import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn.model import jet
from hpcpinn.model.channels import Channels, closure
from hpcpinn.model.jet import Jet

CHANNELS = {
    "value only": closure([], 1),
    "order four in one dimension": closure([(4,)], 1),
    "all of order four in two dimensions": closure([(4, 0), (3, 1), (2, 2), (1, 3), (0, 4)], 2),
    "a mixed derivative alone": closure([(1, 3)], 2),
    "three dimensions": closure([(1, 1, 1), (2, 0, 0)], 3),
    "the Laplacian": Channels(((0, 0), (0, 1), (1, 0), (0, 2)), (((2, 0), (0, 2), 1.0),)),
    "a slope and a curvature together": Channels(((0, 0), (0, 1), (1, 0)), (((0, 2), (1, 0), -0.3),)),
    "a curvature and a slope together": Channels(((0, 0), (0, 1), (0, 2)), (((1, 0), (0, 2), 0.7),)),
    "a slope in one direction": Channels(((0, 0), (0, 1)), (((1, 0), (0, 1), 0.5),)),
    "two combinations of order four": Channels(
        tuple(index for index in closure([(4, 0), (2, 2), (0, 4)], 2).indices if index != (2, 2)),
        (((2, 2), (0, 4), 2.0), ((2, 2), (4, 0), -0.5)),
    ),
}
cases = pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS.keys())
seeds = st.integers(0, 2**32 - 1)


def random_jets(channels, count, seed):
    numbers = np.random.default_rng(seed).standard_normal((count, len(channels), 3))
    return [Jet(channels, jnp.asarray(rows)) for rows in numbers]


def close(left, right, tolerance):
    np.testing.assert_allclose(left.coefficients, right.coefficients, rtol=tolerance, atol=tolerance)


@cases
@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_jets_are_a_commutative_ring(channels, seed):
    a, b, c = random_jets(channels, 3, seed)
    tolerance = 1e3 * np.finfo(float).eps
    close(a * b, b * a, tolerance)
    close((a * b) * c, a * (b * c), tolerance)
    close(a * (b + c), a * b + a * c, tolerance)
    close((a + b) - b, a, tolerance)
    one = Jet(channels, jnp.zeros((len(channels), 3)).at[0].set(1.0))
    close(a * one, a, 0.0)


def inner(x):
    """Three smooth functions with no derivative that vanishes."""
    total = jnp.sum(x * jnp.arange(1, x.shape[0] + 1))
    return jnp.stack([jnp.sin(total + 0.3), jnp.exp(0.5 * total) * jnp.cos(x[0]), 1 / (2 + total**2)])


@cases
def test_the_product_is_that_of_the_functions(channels, taylor, eps):
    x = jnp.asarray([0.4, -0.7, 0.2][: len(channels.indices[0])])
    product = taylor(lambda y: inner(y) * jnp.flip(inner(y)), x, channels)
    flipped = taylor(lambda y: jnp.flip(inner(y)), x, channels)
    close(taylor(inner, x, channels) * flipped, product, 1e3 * eps)


@cases
def test_composition_is_that_of_the_functions(channels, taylor, eps):
    x = jnp.asarray([0.4, -0.7, 0.2][: len(channels.indices[0])])
    h = taylor(inner, x, channels)
    close(
        jet.compose(lambda z, order: (jnp.exp(z),) * (order + 1), h),
        taylor(lambda y: jnp.exp(inner(y)), x, channels),
        1e3 * eps,
    )


@cases
def test_composition_with_a_square_is_the_product_with_itself(channels, eps):
    (h,) = random_jets(channels, 1, seed=7)
    zero = jnp.zeros(3)
    square = jet.compose(lambda z, order: (z**2, 2 * z, zero + 2, zero, zero)[: order + 1], h)
    close(square, h * h, 100 * eps)


@cases
def test_scaled_coordinates_have_one_slope_each(channels, taylor):
    dimension = len(channels.indices[0])
    x = jnp.asarray([0.4, -0.7, 0.2][:dimension])
    shift, scale = [0.1, 0.2, 0.3][:dimension], [2.0, 4.0, 0.5][:dimension]
    expected = taylor(lambda y: (y - jnp.asarray(shift)) / jnp.asarray(scale), x, channels)
    close(jet.coordinates(channels, x, shift, scale), expected, 0.0)


def test_a_jet_is_a_pytree_with_its_channels_as_metadata():
    channels = CHANNELS["a mixed derivative alone"]
    (h,) = random_jets(channels, 1, seed=1)
    doubled = jax.tree.map(lambda rows: 2 * rows, h)
    assert doubled.channels == channels
    close(doubled, h + h, 0.0)
