"""Blocks on the diagonal of a kernel and the numbers that describe them."""

import numpy as np
import pytest

from hpcpinn.kernel import blocks, spectrum

ROWS = {"residual": 4, "boundary": 1, "initial": 2}


@pytest.fixture(scope="module")
def kernel():
    factor = np.random.default_rng(0).standard_normal((7, 9))
    product = factor @ factor.T
    return np.triu(product) + np.triu(product, 1).T


@pytest.fixture(scope="module")
def parts(kernel):
    return [kernel, kernel[:4, :4], kernel[4:5, 4:5], kernel[5:, 5:]]


def test_the_whole_comes_first_and_then_every_term_in_its_order():
    assert blocks.names(ROWS) == ("all", "residual", "boundary", "initial")


def test_they_are_the_parts_on_the_diagonal(kernel, parts):
    for block, expected in zip(blocks.blocks(kernel, ROWS), parts, strict=True):
        np.testing.assert_array_equal(block, expected)


def test_spectra_are_padded_with_nan_behind_their_end(kernel, parts):
    values = blocks.describe(kernel, ROWS)["eigenvalue"]
    assert values.shape == (4, 7)
    for row, part in zip(values, parts, strict=True):
        np.testing.assert_array_equal(row[: len(part)], spectrum.eigenvalues(part))
        assert np.isnan(row[len(part) :]).all()


def test_every_block_has_its_own_numbers(kernel, parts, eps):
    found = blocks.describe(kernel, ROWS)
    assert set(found) == {"eigenvalue", "noise_floor", "trace", "frobenius_norm", "spectral_norm"}
    assert all(values.dtype == np.float64 for values in found.values())
    for k, part in enumerate(parts):
        largest = np.linalg.eigvalsh(part)[-1]
        assert found["trace"][k] == np.trace(part)
        assert found["frobenius_norm"][k] == pytest.approx(np.sqrt((part**2).sum()), rel=10 * eps)
        assert found["spectral_norm"][k] == pytest.approx(largest, rel=30 * eps)
        assert found["noise_floor"][k] == pytest.approx(len(part) * eps * largest, rel=30 * eps)


def test_the_traces_of_the_terms_add_up_to_the_whole(kernel, eps):
    traces = blocks.describe(kernel, ROWS)["trace"]
    assert traces[0] == pytest.approx(traces[1:].sum(), rel=10 * eps)


def test_the_noise_floor_is_that_of_the_precision_of_the_kernel(kernel):
    low, high = (blocks.describe(kernel.astype(dtype), ROWS) for dtype in (np.float32, np.float64))
    np.testing.assert_allclose(low["noise_floor"] / high["noise_floor"], 2.0**29, rtol=1e-5)


def test_a_kernel_with_one_bad_entry_spoils_only_the_blocks_that_hold_it(kernel):
    bad = kernel.copy()
    bad[5, 6] = bad[6, 5] = np.nan
    found = blocks.describe(bad, ROWS)
    for name in ("spectral_norm", "noise_floor", "frobenius_norm"):
        assert np.isnan(found[name]).tolist() == [True, False, False, True]


def test_a_stack_of_kernels_has_the_numbers_of_each(kernel):
    stack = np.stack([kernel, 2 * kernel, np.full_like(kernel, np.nan)])
    together = blocks.describe(stack, ROWS)
    for k, one in enumerate(stack):
        for name, values in blocks.describe(one, ROWS).items():
            np.testing.assert_array_equal(together[name][k], values)
