r"""Power laws in one dimension of a study: $y = c\,N^\gamma$ with a confidence interval over seeds.

The exponent is the slope of $\log \bar y(N)$ on $\log N$ by least squares, where $\bar y$ is the mean over seeds. Its
interval is the percentile bootstrap: seeds are drawn with replacement at every $N$ (Efron and Tibshirani 1993, ch. 13).
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float

from hpcpinn import errors

_RESAMPLES = 2000
_LEAST = 3


@dataclass(frozen=True)
class PowerLaw:
    """A fitted power law: its exponent with a confidence interval, and what it was fitted to."""

    exponent: float
    low: float
    high: float
    confidence: float
    r_squared: float
    over: tuple[float, ...]
    seeds: int

    def __str__(self) -> str:
        """The exponent, its interval and the range of the fit, in one line."""
        interval = f"[{self.low:+.3f}, {self.high:+.3f}]"
        where = f"{self.over[0]:g} ... {self.over[-1]:g}"
        quality = f"{self.confidence:.0%}, {self.seeds} seeds, {where}, R² {self.r_squared:.3f}"
        return f"{self.exponent:+.3f} {interval} ({quality})"


def scaling(
    array: xr.DataArray, dim: str = "width", *, over: str = "seed", confidence: float = 0.95, floor: float = 0.0
) -> PowerLaw:
    """Fit a power law in `dim` to the mean over seeds of a positive quantity.

    Args:
        array: dimensions `dim` and, if it has one, `over`; values with NaN are left out.
        dim: the dimension whose coordinate is the abscissa.
        over: the dimension that is averaged and resampled.
        confidence: coverage of the interval.
        floor: means at or below it are round-off; a fit that would use one is refused.

    Raises:
        ResultsError: fewer than three points, further dimensions, a mean that is not positive or not above the floor.
    """
    samples = _samples(array, dim, over)
    means = np.array([values.mean() for values in samples.values()])
    _check(array, dim, means, floor)
    abscissa = np.log(np.array(list(samples)))
    exponents = _bootstrap(abscissa, list(samples.values()))
    tail = (1 - confidence) / 2
    low, high = np.quantile(exponents, [tail, 1 - tail])
    slope, r_squared = _fit(abscissa, np.log(means))
    seeds = min(len(values) for values in samples.values())
    return PowerLaw(slope, float(low), float(high), confidence, r_squared, tuple(samples), seeds)


def exponents(
    array: xr.DataArray, dim: str = "width", *, over: str = "seed", confidence: float = 0.95, floor: float = 0.0
) -> xr.Dataset:
    """`scaling` at every position of the other dimensions: variables `exponent`, `low`, `high` and `r_squared`.

    Raises:
        ResultsError: a fit that `scaling` refuses.
    """
    kept = [name for name in array.dims if name not in (dim, over)]
    stacked = array.stack(position=kept) if kept else array.expand_dims("position")
    laws = [
        scaling(
            stacked.isel(position=k, drop=True).reset_coords(drop=True),
            dim,
            over=over,
            confidence=confidence,
            floor=floor,
        )
        for k in range(stacked.sizes["position"])
    ]
    fits = {
        name: ("position", [getattr(law, name) for law in laws]) for name in ("exponent", "low", "high", "r_squared")
    }
    found = xr.Dataset(fits, {"position": stacked["position"]} if kept else {})
    described = {"long_name": f"exponent in {dim}", "units": "1"}
    found["exponent"].attrs.update(described)
    return found.unstack("position") if kept else found.isel(position=0)


def _samples(array: xr.DataArray, dim: str, over: str) -> dict[float, Float[np.ndarray, " sample"]]:
    if dim not in array.dims:
        raise errors.ResultsError(
            f"a power law in `{dim}` of an array without it; {errors.nearest(dim, map(str, array.dims))}"
        )
    left = [str(name) for name in array.dims if name not in (dim, over)]
    if left:
        raise errors.ResultsError(
            f"a power law in `{dim}` over `{over}` leaves the dimensions {', '.join(left)}; allowed: none. "
            f"Select one first, such as array.isel({left[0]}=0)."
        )
    table = array if over in array.dims else array.expand_dims(over)
    rows = np.asarray(table.transpose(dim, over).values, dtype=np.float64)
    kept = {float(x): row[np.isfinite(row)] for x, row in zip(array[dim].values, rows, strict=True)}
    return {x: kept[x] for x in sorted(kept) if len(kept[x])}


def _check(array: xr.DataArray, dim: str, means: Float[np.ndarray, " point"], floor: float) -> None:
    name = array.name or "the array"
    if len(means) < _LEAST:
        raise errors.ResultsError(
            f"a power law of `{name}` from {len(means)} values of `{dim}`; allowed: at least {_LEAST}. "
            f"Study more of them."
        )
    if not (means > max(floor, 0.0)).all():
        raise errors.ResultsError(
            f"a power law of `{name}` with a mean of {means.min():.3g}; allowed: means above {max(floor, 0.0):.3g}, "
            f"since what is below is round-off or not positive. Leave these values of `{dim}` out."
        )


def _bootstrap(abscissa: Float[np.ndarray, " point"], samples: list[np.ndarray]) -> Float[np.ndarray, " resample"]:
    random = np.random.default_rng(0)  # fixed: the same interval for the same data
    drawn = [values[random.integers(len(values), size=(_RESAMPLES, len(values)))].mean(axis=1) for values in samples]
    means = np.stack(drawn, axis=1)
    kept = np.log(means[(means > 0).all(axis=1)])
    centred = abscissa - abscissa.mean()
    return kept @ centred / (centred @ centred)


def _fit(x: Float[np.ndarray, " point"], y: Float[np.ndarray, " point"]) -> tuple[float, float]:
    slope, offset = np.polyfit(x, y, 1)
    spread = np.sum((y - y.mean()) ** 2)
    unexplained = np.sum((y - slope * x - offset) ** 2)
    return float(slope), float(1 - unexplained / spread) if spread > 0 else 1.0
