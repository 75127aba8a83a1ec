import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.rates import Curve
from tests.plan.conftest import RATES

SIZES, MEASURED = (16, 64, 256), (1e9, 4e9, 2e9)


def test_where_it_was_measured_a_curve_is_what_was_measured():
    curve = Curve(SIZES, MEASURED)
    assert [curve.at(size) for size in SIZES] == pytest.approx(MEASURED)


@given(st.integers(1, 10**6))
def test_a_curve_stays_within_what_was_measured(size):
    assert min(MEASURED) * 0.999 <= Curve(SIZES, MEASURED).at(size) <= max(MEASURED) * 1.001


def test_between_two_sizes_a_curve_is_a_power_law():
    assert Curve(SIZES, MEASURED).at(32) == pytest.approx((1e9 * 4e9) ** 0.5)


def test_beyond_what_was_measured_a_curve_is_constant():
    assert [Curve(SIZES, MEASURED).at(size) for size in (1, 10**9)] == [1e9, 2e9]


def test_products_have_the_rate_of_their_precision():
    machine = dataclasses.replace(RATES, double=Curve((64,), (1e9,)), single=Curve((64,), (3e9,)))
    assert (machine.product(64, 8), machine.product(64, 4)) == (1e9, 3e9)
