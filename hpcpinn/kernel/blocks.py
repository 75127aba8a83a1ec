"""Diagonal blocks of a kernel, the whole of it and one per term, and the numbers that describe them."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float, Shaped

from hpcpinn.kernel import spectrum

ALL = "all"


def names(terms: Mapping[str, int]) -> tuple[str, ...]:
    """The blocks in the order of every result: the whole kernel, then each term."""
    return (ALL, *terms)


def extents(rows: Mapping[str, int]) -> dict[str, range]:
    """The rows of every block, of a kernel with so many rows per term."""
    found, start = {ALL: range(sum(rows.values()))}, 0
    for name, count in rows.items():
        found[name] = range(start, start + count)
        start += count
    return found


def blocks(kernel: Shaped[np.ndarray, "row row"], rows: Mapping[str, int]) -> Iterator[Shaped[np.ndarray, "part part"]]:
    """The blocks of a kernel with so many rows per term."""
    for part in extents(rows).values():
        yield kernel[part.start : part.stop, part.start : part.stop]


def describe(kernel: Shaped[np.ndarray, "row row"], rows: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Spectrum, noise floor, trace and norms of every block, float64.

    `eigenvalue` has the shape (block, row) with NaN behind the spectrum of a block; the others have the shape (block,).
    """
    parts = list(blocks(kernel, rows))
    found = [_described(part) for part in parts[:1] if len(rows) == 1] * 2 or [_described(part) for part in parts]
    spectra = [eigenvalues for eigenvalues, _ in found]
    return {
        "eigenvalue": np.stack([_padded(values, len(kernel)) for values in spectra]),
        "noise_floor": np.array([spectrum.noise_floor(values[0], len(values), kernel.dtype) for values in spectra]),
    } | {name: np.array([numbers[name] for _, numbers in found]) for name in found[0][1]}


def _described(part: Shaped[np.ndarray, "part part"]) -> tuple[Float[np.ndarray, " mode"], dict[str, float]]:
    """Eigenvalues of a block, and what is computed from the block itself."""
    double = part.astype(np.float64, copy=False)
    numbers = {
        "trace": float(np.trace(double)),
        "frobenius_norm": float(np.linalg.norm(double)),
        "spectral_norm": spectrum.spectral_norm(double),
    }
    return spectrum.eigenvalues(double), numbers


def _padded(values: Float[np.ndarray, " mode"], size: int) -> Float[np.ndarray, " row"]:
    return np.concatenate([values, np.full(size - len(values), np.nan)])
