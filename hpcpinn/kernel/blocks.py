"""Diagonal blocks of a kernel, the whole of it and one per term, and the numbers that describe them."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float, Shaped

from hpcpinn.kernel import spectrum

ALL = "all"


def names(terms: Mapping[str, int]) -> tuple[str, ...]:
    """The blocks in the order of every result: the whole kernel, then each term."""
    return (ALL, *terms)


def blocks(kernel: Shaped[np.ndarray, "row row"], rows: Mapping[str, int]) -> Iterator[Shaped[np.ndarray, "part part"]]:
    """The blocks of a kernel with so many rows per term."""
    yield kernel
    start = 0
    for count in rows.values():
        part = slice(start, start + count)
        yield kernel[part, part]
        start += count


def describe(kernel: Shaped[np.ndarray, "row row"], rows: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Spectrum, noise floor, trace and norms of every block, float64.

    `eigenvalue` has the shape (block, row) with NaN behind the spectrum of a block; the others have the shape (block,).
    """
    parts = list(blocks(kernel, rows))
    spectra = [spectrum.eigenvalues(part) for part in parts]
    return {
        "eigenvalue": np.stack([_padded(values, len(kernel)) for values in spectra]),
        "noise_floor": np.array([spectrum.noise_floor(values[0], len(values), kernel.dtype) for values in spectra]),
        "trace": np.array([np.trace(part.astype(np.float64)) for part in parts]),
        "frobenius_norm": np.array([np.linalg.norm(part.astype(np.float64)) for part in parts]),
        "spectral_norm": np.array([spectrum.spectral_norm(part) for part in parts]),
    }


def _padded(values: Float[np.ndarray, " mode"], size: int) -> Float[np.ndarray, " row"]:
    return np.concatenate([values, np.full(size - len(values), np.nan)])
