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


def blocks(
    kernel: Shaped[np.ndarray, "*network row row"], rows: Mapping[str, int]
) -> Iterator[Shaped[np.ndarray, "*network part part"]]:
    """The blocks of a kernel, or of the kernels of several networks, with so many rows per term."""
    for part in extents(rows).values():
        yield kernel[..., part.start : part.stop, part.start : part.stop]


def describe(kernel: Shaped[np.ndarray, "*network row row"], rows: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Spectrum, noise floor, trace and norms of every block, float64.

    `eigenvalue` has the shape (*network, block, row) with NaN behind the spectrum of a block; the others have the shape
    (*network, block). The bits of each network are the same alone and beside others.
    """
    parts = list(blocks(kernel, rows))
    described = [_described(part) for part in parts[:1] if len(rows) == 1] * 2 or [_described(part) for part in parts]
    padded = [one | {"eigenvalue": _padded(one["eigenvalue"], kernel.shape[-1])} for one in described]
    of_blocks = {name: np.stack([one[name] for one in padded], axis=kernel.ndim - 2) for name in padded[0]}
    sizes = np.array([part.shape[-1] for part in parts])
    floor = spectrum.noise_floor(of_blocks["eigenvalue"][..., 0], sizes, kernel.dtype)
    return of_blocks | {"noise_floor": np.asarray(floor)}


def _described(part: Shaped[np.ndarray, "*network part part"]) -> dict[str, np.ndarray]:
    """Eigenvalues of a block, and what is computed from the block itself; of each network apart, for its bits."""
    double = part.astype(np.float64, copy=False)
    each = double.reshape(-1, *double.shape[-2:])
    with spectrum.threads(part.shape[-1]):  # the bits of a sum of squares depend on them as well
        eigenvalues = spectrum.eigenvalues(double)
        trace, norm = [np.trace(one) for one in each], [np.linalg.norm(one) for one in each]
    return {
        "eigenvalue": eigenvalues,
        "trace": np.reshape(trace, double.shape[:-2]),
        "frobenius_norm": np.reshape(norm, double.shape[:-2]),
        "spectral_norm": np.abs(eigenvalues).max(axis=-1),
    }


def _padded(values: Float[np.ndarray, "*network mode"], size: int) -> Float[np.ndarray, "*network row"]:
    missing = np.full((*values.shape[:-1], size - values.shape[-1]), np.nan)
    return np.concatenate([values, missing], axis=-1)
