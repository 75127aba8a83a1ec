r"""Spectrum and norms of a kernel block, on the host in float64.

Trace and Frobenius norm are stored beside a spectrum, from the entries of the kernel: $\mathrm{tr} K = \sum \lambda$
and $\|K\|_F^2 = \sum \lambda^2$ check a spectrum that was read back.
"""

import contextlib
import functools

import numpy as np
import scipy.sparse.linalg
import threadpoolctl
from jaxtyping import Float, Int

# Below this size a dense singular value decomposition is faster than starting a Lanczos iteration.
_DENSE = 64

# Up to this size LAPACK gets one thread: its last bits depend on the number of threads, and so would the results on the
# machine; small problems are no slower for it (n = 514: 9 ms), and workers side by side do not compete for cores.
_ONE_THREAD = 2048


def eigenvalues(kernel: Float[np.ndarray, "*network n n"]) -> Float[np.ndarray, "*network n"]:
    """Eigenvalues of symmetric matrices, largest first, values only; NaN where an entry is not finite.

    The bits of each are the same alone and in a stack.
    """
    double = kernel.astype(np.float64, copy=False)
    finite = np.asarray(np.isfinite(double).all(axis=(-2, -1)))[..., None]
    with threads(kernel.shape[-1]):
        values = np.linalg.eigvalsh(double if finite.all() else np.where(finite[..., None], double, 0))
    return np.where(finite, values[..., ::-1], np.nan)


def eigenbasis(
    kernel: Float[np.ndarray, "n n"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"]]:
    """Eigenvalues of a symmetric matrix, largest first, and its eigenvectors as columns; NaN if it is not finite."""
    if not np.isfinite(kernel).all():
        return np.full(len(kernel), np.nan), np.full(kernel.shape, np.nan)
    with threads(len(kernel)):
        values, vectors = np.linalg.eigh(kernel.astype(np.float64, copy=False))
    return values[::-1], vectors[:, ::-1]


def noise_floor(
    largest: float | Float[np.ndarray, "..."], size: int | Int[np.ndarray, "..."], precision: np.dtype
) -> float | Float[np.ndarray, "..."]:
    r"""$n \varepsilon \lambda_\max$ with the $\varepsilon$ of the kernel's precision: smaller values are round-off."""
    return size * float(np.finfo(precision).eps) * abs(largest)


def spectral_norm(kernel: Float[np.ndarray, "n n"]) -> float:
    r"""$\|K\|_2$ of a symmetric matrix; by Lanczos iteration (ARPACK) where it is large."""
    if not np.isfinite(kernel).all():
        return float("nan")
    matrix = kernel.astype(np.float64, copy=False)
    with threads(len(kernel)):
        if len(kernel) <= _DENSE or not kernel.any():
            return float(np.linalg.norm(matrix, 2))
        try:
            return _lanczos(matrix)
        except scipy.sparse.linalg.ArpackNoConvergence:  # the top of the spectrum is a cluster
            return float(np.linalg.norm(matrix, 2))


def _lanczos(matrix: Float[np.ndarray, "n n"]) -> float:
    start = np.random.default_rng(0).standard_normal(len(matrix))  # fixed: the same bits in every run
    largest = scipy.sparse.linalg.eigsh(matrix, k=1, which="LM", v0=start, return_eigenvectors=False)
    return float(abs(largest[0]))


@functools.cache
def _libraries() -> threadpoolctl.ThreadpoolController:
    return threadpoolctl.ThreadpoolController()


def threads(size: int) -> contextlib.AbstractContextManager[object]:
    """Hold LAPACK to one thread for matrices of this size, if they are small."""
    return one_thread() if size <= _ONE_THREAD else contextlib.nullcontext()


def one_thread() -> contextlib.AbstractContextManager[object]:
    """Hold LAPACK to one thread, in compiled programs too: the last bits depend on how many there are."""
    return _libraries().limit(limits=1, user_api="blas")
