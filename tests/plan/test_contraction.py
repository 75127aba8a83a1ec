"""Operations of a contraction, counted one by one in loops that nobody would run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.contraction import Map, contraction_flops, explicit_flops, is_explicit, pass_flops, structured_flops

MANY = 10**6

fans = st.integers(1, 5)
# Rows of several terms: how many channels each has, and how many of those are not zero by structure at one end.
rows = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)).map(lambda r: (r[0], min(r))), min_size=1, max_size=5)


def first(a, b, rows):
    """A map whose input is the one end where channels are zero by structure, as the first layer's."""
    return Map(a, b, sum(some for _, some in rows), sum(c for c, _ in rows), sum(c for c, _ in rows), is_first=True)


def last(a, b, rows):
    """A map whose output is that end, as the last layer's."""
    return Map(a, b, sum(c for c, _ in rows), sum(some for _, some in rows), sum(c for c, _ in rows), is_first=False)


def products(rows, channels, width):
    """Multiplications and additions of inner products between all channels of all rows; by symmetry half of them."""
    pairs = 0
    for i in rows:
        for j in rows:
            for _ in range(channels(i)):
                for _ in range(channels(j)):
                    for _ in range(width):
                        pairs += 1
    return 2 * pairs / 2


def gradients(rows, entries):
    """Multiplications and additions of outer products, summed over the channels of a row."""
    count = 0
    for _, some in rows:
        for _ in range(some):
            for _ in range(entries):
                count += 2
    return count


@given(fans, fans, rows)
def test_explicit_operations_are_gradients_and_their_products(a, b, rows):
    entries = a * b + b
    counted = gradients(rows, entries) + products(rows, lambda _: 1, entries)
    assert explicit_flops(first(a, b, rows), len(rows)) == counted
    assert explicit_flops(last(a, b, rows), len(rows)) == counted


@given(fans, fans, rows)
def test_structured_operations_are_products_at_both_ends(a, b, rows):
    whole, part = (lambda row: row[0]), (lambda row: row[1])
    assert structured_flops(first(a, b, rows)) == products(rows, whole, b) + products(rows, part, a)
    assert structured_flops(last(a, b, rows)) == products(rows, part, b) + products(rows, whole, a)


@given(fans, fans, rows)
def test_a_pass_multiplies_every_channel_by_the_weight_once_in_each_direction(a, b, rows):
    forwards = sum(2 for channels, _ in rows for _ in range(channels) for _ in range(a) for _ in range(b))
    assert pass_flops(last(a, b, rows)) == 2 * forwards
    assert pass_flops(first(a, b, rows)) == forwards  # no sensitivity to the coordinates is asked for


@given(fans, fans, rows)
def test_the_cheaper_contraction_is_chosen(a, b, rows):
    for site in (first(a, b, rows), last(a, b, rows)):
        costs = {True: explicit_flops(site, len(rows)), False: structured_flops(site)}
        chosen = is_explicit(site, len(rows))
        assert contraction_flops(site, len(rows)) == costs[chosen] == min(costs.values())


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6, 9])
def test_hidden_maps_of_many_rows_are_explicit_below_two_channels_squared(channels):
    passing = channels * MANY
    widths = [n for n in range(1, 200) if is_explicit(Map(n, n, passing, passing, passing, is_first=False), MANY)]
    assert widths == list(range(1, 2 * channels**2 - 1))


@given(st.integers(2, 10**5), st.integers(2, 1000))
def test_maps_with_a_coordinate_or_a_field_at_one_end_are_explicit_for_a_second_derivative(width, rows):
    assert is_explicit(Map(1, width, 2 * rows, 3 * rows, 3 * rows, is_first=True), rows)
    assert is_explicit(Map(width, 1, 3 * rows, rows, 3 * rows, is_first=False), rows)
