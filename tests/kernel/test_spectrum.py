"""Spectra and norms of matrices whose spectra are known."""

import numpy as np
import pytest

from hpcpinn.kernel import spectrum

# Norms are computed by another algorithm above 64 rows.
SIZES = (1, 2, 63, 64, 65, 130)
sizes = pytest.mark.parametrize("size", SIZES)


def wishart(size: int, seed: int = 0) -> np.ndarray:
    factor = np.random.default_rng(seed).standard_normal((size, 2 * size))
    product = factor @ factor.T
    return np.triu(product) + np.triu(product, 1).T


def path_laplacian(size: int) -> np.ndarray:
    degrees = np.full(size, 2.0)
    degrees[[0, -1]] = 1.0
    return np.diag(degrees) - np.eye(size, k=1) - np.eye(size, k=-1)


@sizes
def test_the_eigenvalues_of_a_diagonal_matrix_are_its_entries_largest_first(size, eps):
    entries = np.random.default_rng(1).permutation(np.arange(size) - size / 2)
    found = spectrum.eigenvalues(np.diag(entries))
    np.testing.assert_allclose(found, np.sort(entries)[::-1], rtol=0, atol=size * eps * size)


@pytest.mark.parametrize("size", [2, 10, 100])
def test_the_laplacian_of_a_path(size, eps):
    """Eigenvalues 4 sin²(πk/2n), k = 0 ... n - 1."""
    expected = 4 * np.sin(np.pi * np.arange(size)[::-1] / (2 * size)) ** 2
    laplacian = path_laplacian(size)
    np.testing.assert_allclose(spectrum.eigenvalues(laplacian), expected, rtol=0, atol=4 * size * eps)
    assert spectrum.spectral_norm(laplacian) == pytest.approx(expected[0], rel=4 * size * eps)


@sizes
def test_trace_and_frobenius_norm_are_sums_over_the_spectrum(size, eps):
    kernel = wishart(size)
    values = spectrum.eigenvalues(kernel)
    assert values.sum() == pytest.approx(np.trace(kernel), rel=4 * size * eps)
    assert (values**2).sum() == pytest.approx(np.linalg.norm(kernel) ** 2, rel=8 * size * eps)


@sizes
def test_the_spectral_norm_is_the_largest_absolute_eigenvalue(size, eps):
    for kernel in (wishart(size), -wishart(size), wishart(size) - 2 * size * np.eye(size)):
        largest = np.abs(spectrum.eigenvalues(kernel)).max()
        assert spectrum.spectral_norm(kernel) == pytest.approx(largest, rel=8 * size * eps)


@pytest.mark.parametrize("size", [1, 2, 65])
def test_a_zero_matrix_has_a_zero_spectrum_and_norm(size):
    zero = np.zeros((size, size))
    np.testing.assert_array_equal(spectrum.eigenvalues(zero), np.zeros(size))
    assert spectrum.spectral_norm(zero) == 0.0


@pytest.mark.parametrize("size", [64, 65])
def test_the_norm_of_matrices_on_which_a_krylov_space_is_exhausted_at_once(size, eps):
    """A multiple of the identity, rank one, and rank two as of duplicated boundary points."""
    ends = np.repeat(np.eye(2), [size // 2, size - size // 2], axis=0)
    for kernel, expected in ((3 * np.eye(size), 3.0), (np.ones((size, size)), size), (ends @ ends.T, (size + 1) // 2)):
        assert spectrum.spectral_norm(kernel) == pytest.approx(expected, rel=8 * size * eps)


def test_one_and_two_rows_by_hand(eps):
    np.testing.assert_array_equal(spectrum.eigenvalues(np.array([[-3.0]])), [-3.0])
    assert spectrum.spectral_norm(np.array([[-3.0]])) == 3.0
    pair = np.array([[2.0, 1.0], [1.0, 2.0]])
    np.testing.assert_allclose(spectrum.eigenvalues(pair), [3.0, 1.0], rtol=4 * eps)
    assert spectrum.spectral_norm(pair) == pytest.approx(3.0, rel=4 * eps)


@pytest.mark.parametrize("size", [3, 65])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_not_a_number(size, value):
    kernel = wishart(size)
    kernel[1, 2] = value
    assert np.isnan(spectrum.eigenvalues(kernel)).all()
    assert np.isnan(spectrum.spectral_norm(kernel))


@sizes
def test_the_order_of_rows_does_not_matter(size, eps):
    kernel, order = wishart(size), np.random.default_rng(2).permutation(size)
    shuffled = kernel[np.ix_(order, order)]
    largest = spectrum.spectral_norm(kernel)
    np.testing.assert_allclose(
        spectrum.eigenvalues(shuffled), spectrum.eigenvalues(kernel), rtol=0, atol=size * eps * largest
    )
    assert spectrum.spectral_norm(shuffled) == pytest.approx(largest, rel=8 * size * eps)


@sizes
def test_repeated_calls_give_the_same_bits(size):
    kernel = wishart(size)
    norms, spectra = [], []
    for _ in range(3):
        norms.append(spectrum.spectral_norm(kernel))
        spectra.append(spectrum.eigenvalues(kernel).tobytes())
    assert len(set(norms)) == len(set(spectra)) == 1


def test_the_matrix_is_not_changed():
    kernel = wishart(70)
    before = kernel.copy()
    spectrum.eigenvalues(kernel)
    spectrum.spectral_norm(kernel)
    np.testing.assert_array_equal(kernel, before)


def test_a_kernel_in_float32_is_diagonalised_in_float64(eps):
    kernel = wishart(30).astype(np.float32)
    values = spectrum.eigenvalues(kernel)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, spectrum.eigenvalues(kernel.astype(np.float64)))


@pytest.mark.parametrize(("precision", "unit"), [(np.float64, 2.0**-52), (np.float32, 2.0**-23)])
def test_the_noise_floor_is_n_eps_lambda(precision, unit):
    assert spectrum.noise_floor(-3.0, 7, np.dtype(precision)) == 7 * unit * 3.0


def test_round_off_of_a_matrix_of_low_rank_stays_below_the_noise_floor():
    factor = np.random.default_rng(4).standard_normal((80, 5))
    kernel = factor @ factor.T
    for precision in (np.float64, np.float32):
        values = spectrum.eigenvalues(kernel.astype(precision).astype(np.float64))
        floor = spectrum.noise_floor(values[0], 80, np.dtype(precision))
        assert np.abs(values[5:]).max() < floor < values[4]
