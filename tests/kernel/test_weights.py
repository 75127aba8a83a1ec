"""Weights that are cut into slabs give the kernel of whole ones, and are drawn as whole ones are."""

import jax
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.kernel import assembly
from hpcpinn.kernel import case as cases
from hpcpinn.kernel.devices import Devices
from hpcpinn.kernel.layouts import weights
from hpcpinn.kernel.layouts.rows import Replicated, Rows
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP

ONE = Devices((jax.local_devices()[0],))


@pytest.fixture(scope="module")
def problem(curvature):
    return curvature


def leaves(own):
    return jax.tree.leaves((own.shared, own.slabs))


@pytest.mark.parametrize("network", [MLP(width=32, depth=3, parametrization="mup"), ModifiedMLP(width=16, depth=2)])
def test_the_kernel_is_that_of_replicated_weights(problem, network, draw):
    points = problem.sample({"curvature": 20})
    params, case = draw(network, problem, 0), cases.case(problem, network, points.counts)

    def kernel(source):
        return assembly.whole(assembly.tiles(Rows(case, ONE, source), points, 20), 20, part=0)[0]

    whole = kernel(Replicated(case, ONE, params))
    cut = kernel(weights.Sharded(case, ONE, weights.place(ONE, network, params)))
    np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-13 * np.abs(whole).max())


def test_weights_are_drawn_to_the_bit_as_the_network_draws_them(problem):
    network, key, dtype = MLP(width=32, depth=3), jax.random.key(3), np.dtype("float32")
    placed = weights.place(ONE, network, network.init(key, problem, dtype))
    drawn = weights.draw(ONE, network, key, problem, dtype)
    assert jax.tree.structure(drawn.slabs) == jax.tree.structure(placed.slabs)
    for ours, theirs in zip(*map(leaves, (drawn, placed)), strict=True):
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, theirs)


def test_hidden_weights_alone_are_cut(problem, draw):
    placed = weights.place(ONE, MLP(width=32, depth=3), draw(MLP(width=32, depth=3), problem, 0))
    assert {name: slabs.shape for name, slabs in placed.slabs.items()} == dict.fromkeys(
        ["hidden_2", "hidden_3"], (1, weights.SLABS, 2, 32)
    )
    assert {name for name, leaves in placed.shared.items() if "weight" in leaves} == {"hidden_1", "output"}
    assert all("bias" in leaves for leaves in placed.shared.values())


def test_a_width_that_slabs_do_not_divide_is_refused(problem):
    with pytest.raises(errors.DeviceError, match="width 40 cannot be cut into 16 slabs; allowed: multiples of 16"):
        weights.draw(ONE, MLP(width=40, depth=2), jax.random.key(0), problem)


def test_a_number_of_devices_that_does_not_divide_slabs_is_refused(problem, draw):
    network = MLP(width=32, depth=2)
    with pytest.raises(errors.DeviceError, match=r"dealt out to 3 devices; allowed: 1, 2, 4, 8, 16\."):
        weights.place(Devices(ONE.devices * 3), network, draw(network, problem, 0))
