import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.model.channels import Channels, closure, factorial

multi_indices = st.integers(1, 3).flatmap(
    lambda d: st.tuples(
        st.just(d), st.lists(st.tuples(*[st.integers(0, 4)] * d).filter(lambda a: sum(a) <= 4), max_size=4)
    )
)


@given(multi_indices)
def test_the_closure_is_the_smallest_down_closed_set(case):
    dimension, asked = case
    found = set(closure(asked, dimension).indices)
    below = {beta for beta in itertools.product(range(5), repeat=dimension) if any(_below(beta, a) for a in asked)}
    assert found == below | {(0,) * dimension}


@given(multi_indices)
def test_channels_are_graded_and_begin_with_the_value(case):
    dimension, asked = case
    channels = closure(asked, dimension)
    orders = [sum(index) for index in channels.indices]
    assert orders == sorted(orders)
    assert channels.indices[0] == (0,) * dimension
    assert channels.order == max(orders)
    assert len(channels) == len(set(channels.indices))


@given(multi_indices)
def test_the_product_table_holds_every_pair_whose_sum_is_in_the_set(case):
    dimension, asked = case
    channels = closure(asked, dimension)
    for i, j, k, weight in channels.products:
        assert weight == 1.0
        assert tuple(map(sum, zip(channels.indices[i], channels.indices[j], strict=True))) == channels.indices[k]
    # Every alpha splits in prod(alpha_k + 1) ways into beta + gamma, and down-closedness keeps all of them.
    splits = sum(math.prod(a + 1 for a in index) for index in channels.indices)
    assert len(channels.products) == len(set(channels.products)) == splits


def test_the_laplacian_in_two_dimensions_needs_five_channels():
    assert closure([(2, 0), (0, 2)], 2).indices == ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0))


def test_position_finds_what_is_there_and_refuses_what_is_not():
    channels = closure([(1, 1)], 2)
    assert [channels.position(index) for index in channels.indices] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="not in tuple"):
        channels.position((0, 2))


def test_a_shared_channel_collects_the_products_of_its_members():
    laplacian = Channels(((0, 0), (0, 1), (1, 0), (0, 2)), (((2, 0), (0, 2), 3.0),))
    shared = {(i, j, weight) for i, j, k, weight in laplacian.products if k == 3}
    assert shared == {(0, 3, 1.0), (3, 0, 1.0), (1, 1, 1.0), (2, 2, 3.0)}
    assert laplacian.members[3] == (((0, 2), 1.0), ((2, 0), 3.0))


def test_the_order_is_that_of_all_members():
    assert Channels(((0, 0), (0, 1), (1, 0)), (((0, 2), (1, 0), -0.3),)).order == 2


@pytest.mark.parametrize(
    ("channels", "linear"),
    [
        (closure([], 2), (0,)),
        (closure([(2, 1)], 2), (0, 1, 2)),
        (Channels(((0, 0), (0, 1), (1, 0), (0, 2)), (((2, 0), (0, 2), 1.0),)), (0, 1, 2)),
        (Channels(((0, 0), (0, 1), (0, 2)), (((1, 0), (0, 2), 0.7),)), (0, 1, 2)),
        (Channels(((0, 0), (0, 1)), (((1, 0), (0, 1), 0.5),)), (0, 1)),
    ],
)
def test_affine_functions_have_a_value_and_slopes_only(channels, linear):
    assert channels.linear == linear


@given(st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_the_factorial_of_a_multi_index_is_a_product(index):
    assert factorial(tuple(index)) == math.prod(math.factorial(a) for a in index)


def _below(beta, alpha):
    return all(b <= a for b, a in zip(beta, alpha, strict=True))
