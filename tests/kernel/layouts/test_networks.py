"""Networks dealt out to devices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.kernel.devices import Devices, first_device
from hpcpinn.kernel.layouts import networks

counts, devices = st.integers(1, 9), st.integers(1, 5)


class Imaginary(Devices):
    """The first device several times, where nothing has to be moved to."""

    def split(self, tree):
        return tree


def imaginary(count):
    return Imaginary(first_device().devices * count)


def numbered(count):
    """Arrays of so many networks, every number of which says whose it is."""
    return {"weight": np.arange(count)[:, None] + np.linspace(0, 0.5, 3), "bias": np.arange(count)}


@given(counts, devices)
def test_reading_gives_back_what_was_dealt(count, devices):
    dealt = networks.deal(imaginary(devices), numbered(count))
    assert dealt.count == count
    for name, leaf in numbered(count).items():
        np.testing.assert_array_equal(dealt.read(np.asarray(dealt.tree[name])), leaf)


@given(counts, devices)
def test_shares_are_even_and_no_slot_holds_anything_but_networks(count, devices):
    dealt = networks.deal(imaginary(devices), numbered(count))
    assert dealt.each == networks.share(count, imaginary(devices)) == -(-count // devices)
    slots = np.asarray(dealt.tree["bias"])
    assert slots.shape == (devices, max(dealt.each, 2))
    assert set(slots.flat) == set(range(count))


@given(st.integers(2, 5))
def test_a_single_network_is_dealt_like_an_ensemble_of_one(devices):
    one = {name: leaf[0] for name, leaf in numbered(1).items()}
    alone, ensemble = networks.deal_one(imaginary(devices), one), networks.deal(imaginary(devices), numbered(1))
    assert (alone.count, alone.each) == (ensemble.count, ensemble.each) == (1, 1)
    jax.tree.map(np.testing.assert_array_equal, alone.tree, ensemble.tree)


def test_on_a_single_device_it_is_put_into_slots_by_the_program_that_uses_it():
    one = {name: jnp.asarray(leaf[0]) for name, leaf in numbered(1).items()}
    alone, ensemble = networks.deal_one(first_device(), one), networks.deal(first_device(), numbered(1))
    assert alone.tree.first is one
    program = networks.program(first_device(), lambda shared, own: {"sum": own["weight"] + shared} | own)
    jax.tree.map(np.testing.assert_array_equal, program(alone, 0.25), program(ensemble, 0.25))


def function(network):
    return {"pair": (network["weight"] @ network["weight"], jnp.sin(network["weight"])), "next": network["bias"] + 1}


@pytest.mark.parametrize("each", range(5))
def test_a_function_is_applied_to_as_many_networks_as_there_are(each, eps):
    many = {name: jnp.asarray(leaf) for name, leaf in numbered(4).items()}
    found = jax.jit(lambda count, some: networks.apply(first_device(), function, count, some))(np.int32(each), many)
    expected = jax.vmap(function)(many)
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for leaf, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert leaf.dtype == other.dtype
        np.testing.assert_allclose(leaf[:each], other[:each], rtol=4 * eps)
        if first_device().devices[0].platform == "cpu":
            assert not leaf[each:].any()


@pytest.mark.parametrize("count", [1, 3])
def test_what_takes_the_place_of_networks_is_the_result_and_what_was_there_is_gone(count):
    def moved(shared, own):
        network, rate = own
        return jax.tree.map(lambda leaf: leaf - shared * rate, network)

    devices = first_device()
    many, rates = (networks.deal(devices, tree) for tree in (numbered(count), np.ones(count, dtype="int64")))
    taken = jax.tree.map(jnp.copy, many.tree)
    expected = networks.program(devices, moved)(networks.Networks((taken, rates.tree), count, many.each), 2)
    found = networks.replacement(devices, moved)(networks.Networks(taken, count, many.each), rates.tree, 2)
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(taken))
    for leaf, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(many.read(np.asarray(leaf)), many.read(np.asarray(other)))
