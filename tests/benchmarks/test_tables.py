"""Exponents, fractions and ratios of made-up measurements with known answers."""

import doctest

import pytest

FLOPS = 1e11


@pytest.fixture
def case(module):
    return module("case").Case


@pytest.fixture
def results(module, case):
    """hpcpinn at the GEMM rate, the explicit Jacobian N^1.5 slower, and a width at which the latter does not fit."""
    record, flops = module("record"), module("flops")
    rows = [record.Record(record.GEMM, "", case(0, 0, "float64"), {"flops": {"jax": FLOPS}})]
    for width in (1024, 2048, 4096):
        one = case(width, 128, "float64")
        ours = {"seconds": [1.0, flops.necessary(one) / FLOPS], "first": 2.0, "peak_bytes": 2**30, "difference": 0.0}
        theirs = ours | {"seconds": [ours["seconds"][1] * width**1.5 / 1000], "difference": 1e-12}
        rows.append(record.Record("hpcpinn", "", one, ours))
        rows.append(record.Record("explicit", "blocks", one, theirs))
        rows.append(record.Record("explicit", "plain", one, refusal="needs 17 GB"))
    return module("results").Results(rows)


def test_a_power_law_has_its_exponent(module):
    slope = module("exponents").slope
    assert slope({n: 3e-5 * n**1.7 for n in (8, 64, 1000)}) == pytest.approx(1.7)
    assert slope({8: 1.0, 16: float("inf"), 32: 4.0}) == pytest.approx(1)
    assert slope({8: 1.0}) != slope({8: 1.0})  # NaN


def test_a_kernel_at_the_gemm_rate_has_the_fraction_one(module, results):
    text = module("tables").markdown(results)
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| 128 | ") and "33×" in line]
    assert rows[0][3:6] == ["1.00", "–", "needs 17 GB"]
    assert "(33×, blocks)" in rows[0][6]


def test_the_ratio_of_times_has_the_difference_of_their_exponents(module, results):
    (row,) = (
        line.strip("| ").split(" | ") for line in module("tables").markdown(results).splitlines() if "N ≥" in line
    )
    ours, explicit, ratio = float(row[2]), float(row[4]), float(row[-1])
    assert ratio == pytest.approx(1.5, abs=0.01)
    assert explicit - ours == pytest.approx(ratio, abs=0.011)


@pytest.mark.parametrize(("precision", "difference", "agrees"), [
    ("float32", 1e-6, True), ("float32", 1e-4, False), ("float64", 1e-6, False), ("float64", float("nan"), False),
])  # fmt: skip
def test_another_kernel_is_a_disagreement(module, case, precision, difference, agrees):
    record = module("record").Record("explicit", "plain", case(16, 8, precision), {"difference": difference})
    assert (module("results").Results([record]).disagreements() == []) == agrees


def test_numbers_are_written_as_the_docstrings_show(module):
    outcome = doctest.testmod(module("form"))
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_a_record_is_read_as_it_was_written(module, results):
    record = module("record").Record
    for one in results.records:
        assert record.read(one.line()) == one


def test_the_necessary_operations_are_those_of_the_formula(module, case):
    n, width, channels = 128, 1024, 3
    gram = 4 * (n * channels) ** 2 * width
    expected = 8 * n * channels * width**2 + gram + 2 * n**2 * width
    assert module("flops").necessary(case(width, n, "float32")) == expected


def test_a_jacobian_that_does_not_fit_is_refused_with_its_size(module, case):
    contenders = {c.variant: c for c in module("contenders").KERNELS if c.name == "explicit"}
    wide = case(4096, 128, "float32")  # 128 rows of 33.6 million parameters in 4 bytes
    assert contenders["plain"].refusal(wide, memory=24 * 2**30, rate=2e11) == "needs 17.2 GB"
    assert contenders["blocks"].refusal(wide, memory=24 * 2**30, rate=2e11) == ""
    assert contenders["blocks"].refusal(wide, memory=24 * 2**30, rate=2e9) == "takes 18 min"
