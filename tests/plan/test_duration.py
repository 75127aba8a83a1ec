"""Predicted times: what they consist of and what they grow with. How good they are is not a matter of tests."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan import duration, flops
from hpcpinn.plan.cost import Cost
from hpcpinn.plan.duration import compilation_seconds, programs, run_parts, task_seconds
from hpcpinn.plan.narrow import is_narrow
from hpcpinn.plan.rates import Curve
from tests.plan.conftest import LOAD, RATES

NARROW = dataclasses.replace(LOAD, width=64)
NOTHING = Cost(flops=0.0, peak={}, bytes=0, files=0)
TRAINED = dataclasses.replace(LOAD, steps=1000, records=3, compared=4096)
fields = st.sampled_from(["width", "depth", "records", "steps", "compared"])


def test_narrow_and_wide_are_what_they_are_called_here():
    assert is_narrow(flops.kernel_flops(NARROW))
    assert not is_narrow(flops.kernel_flops(LOAD))


def test_a_run_of_products_alone_takes_its_operations_over_their_rate_on_all_cores():
    fast = dataclasses.replace(RATES, spectra=Curve((1,), (1e30,)), elements=1e30)
    for load in (LOAD, dataclasses.replace(LOAD, compared=4096)):
        products = flops.run_flops(load) - flops.spectrum_flops(load)
        assert sum(run_parts(load, fast).values()) == pytest.approx(products / (5e10 * RATES.parallel))


def test_single_precision_has_its_own_rate():
    single = dataclasses.replace(LOAD, itemsize=4)
    assert run_parts(single, RATES)["kernel"] == pytest.approx(run_parts(LOAD, RATES)["kernel"] / 2)


def test_training_is_in_double_precision_in_any_case():
    single = dataclasses.replace(TRAINED, itemsize=4)
    assert run_parts(single, RATES)["training"] == run_parts(TRAINED, RATES)["training"]


def test_a_spectrum_takes_its_operations_over_the_rate_at_its_size():
    by_hand = sum(4 / 3 * n**3 / RATES.spectra.at(n) for n in (128, 100, 28))
    assert run_parts(LOAD, RATES)["spectrum"] == pytest.approx(by_hand)


def test_without_eigenvalues_there_are_products_with_the_kernel_instead():
    streamed = dataclasses.replace(LOAD, dense=False)
    assert run_parts(streamed, RATES)["spectrum"] == pytest.approx(flops.norm_flops(LOAD) / 2e11)


@given(fields, st.integers(1, 100), st.integers(2, 9))
def test_more_of_anything_never_takes_less(field, value, factor):
    less, more = (dataclasses.replace(TRAINED, **{field: number}) for number in (value, factor * value))
    steady = dataclasses.replace(RATES, double=Curve((1,), (1e10,)), parallel=1.0)
    assert task_seconds(more, 4, NOTHING, steady) >= task_seconds(less, 4, NOTHING, steady)
    assert programs(more) >= programs(less)


@pytest.mark.parametrize("load", [LOAD, TRAINED])
def test_wide_networks_follow_each_other(load):
    once, often = (task_seconds(load, seeds, NOTHING, RATES) for seeds in (1, 8))
    assert often == pytest.approx(8 * once)


def test_narrow_networks_share_the_cores_and_the_programs_they_are_in():
    handed = duration.PROGRAM_SECONDS * programs(NARROW)
    run = sum(run_parts(NARROW, RATES).values())
    found = [task_seconds(NARROW, seeds, NOTHING, RATES) - handed for seeds in (1, 2, 4, 8)]
    assert found == pytest.approx([run, run, run, 2 * run])


def test_every_byte_and_every_file_takes_its_time():
    free = task_seconds(LOAD, 1, NOTHING, RATES)
    files = task_seconds(LOAD, 1, dataclasses.replace(NOTHING, files=1000), RATES)
    large = task_seconds(LOAD, 1, dataclasses.replace(NOTHING, bytes=10**9), RATES)
    assert files - free == pytest.approx(1000 * (RATES.file + duration.CHUNK_SECONDS))
    assert large - free == pytest.approx(1e9 / RATES.disk + 1e9 / duration.ENCODED_BYTES)


def test_programs_are_as_many_as_panels_and_pairs_of_them():
    rows = dataclasses.replace(LOAD, rows=(3 * 128, 28))
    assert programs(rows) - programs(LOAD) == (4 + 10) - (2 + 3)


def test_compilation_grows_with_terms_and_layers_and_not_with_sizes():
    terms = dataclasses.replace(LOAD, rows=(100, 28, 1), channels=(3, 1, 1), linear=(2, 1, 1), reads=(1, 1, 1))
    wider, deeper = dataclasses.replace(LOAD, width=4096), dataclasses.replace(LOAD, depth=4)
    assert compilation_seconds(LOAD) == compilation_seconds(wider)
    assert all(compilation_seconds(load) > compilation_seconds(LOAD) for load in (terms, deeper, TRAINED))
