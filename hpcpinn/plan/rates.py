"""Rates of a machine: what turns operations and bytes into seconds."""

import bisect
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """A rate that depends on the size of the problem.

    Attributes:
        sizes: where it was measured, ascending.
        rates: what was measured there.
    """

    sizes: tuple[int, ...]
    rates: tuple[float, ...]

    def at(self, size: int) -> float:
        """The rate at a size: a power law between two measured ones, constant beyond them.

        >>> curve = Curve((10, 1000), (1.0, 100.0))
        >>> [round(curve.at(size), 9) for size in (1, 10, 100, 1000, 10000)]
        [1.0, 1.0, 10.0, 100.0, 100.0]
        """
        right = bisect.bisect(self.sizes, size)
        if right in (0, len(self.sizes)):
            return self.rates[min(right, len(self.rates) - 1)]
        low, high = self.sizes[right - 1], self.sizes[right]
        share = math.log(size / low) / math.log(high / low)
        return self.rates[right - 1] ** (1 - share) * self.rates[right] ** share


@dataclass(frozen=True)
class Rates:
    """What one machine does per second.

    Attributes:
        double: FLOP per second of a float64 matrix product on one core, by the width N of the network: a panel of
            rows times an N x N weight.
        single: the same in float32.
        parallel: how many times faster a large product is on all cores than on one.
        spectra: FLOP per second of spectrum and norms of a block on one core, counted as 4/3 n³, by its rows n.
        elements: bytes per second that an elementwise function takes in on one core.
        file: seconds until a small new file is on the disk.
        disk: bytes per second of a large file, until it is on the disk.
    """

    double: Curve
    single: Curve
    parallel: float
    spectra: Curve
    elements: float
    file: float
    disk: float

    def product(self, width: int, itemsize: int) -> float:
        """FLOP per second of products at this width on one core, for numbers of so many bytes."""
        return (self.double if itemsize == 8 else self.single).at(width)

    def scaled(self, speed: float, cores: int) -> "Rates":
        """Those of a machine that does everything but files so many times as fast, for tasks of so many cores."""
        curves = (self.double, self.single, self.spectra)
        double, single, spectra = (Curve(one.sizes, tuple(speed * rate for rate in one.rates)) for one in curves)
        parallel = max(1.0, _SCALING * cores)
        return Rates(double, single, parallel, spectra, speed * self.elements, self.file, self.disk)


# Of products on several cores, against as many times one of them.
_SCALING = 0.8
# One core of an Intel Xeon with 2 GHz and AVX-512 (NumPy with OpenBLAS), and a parallel file system as it should be.
REFERENCE = Rates(
    double=Curve((16, 64, 256, 1024), (4.8e10, 4.8e10, 6.3e10, 6.7e10)),
    single=Curve((16, 64, 256, 1024), (7.3e10, 8.9e10, 1.4e11, 1.4e11)),
    parallel=1.0,
    spectra=Curve((32, 128, 512), (5.9e8, 5.2e9, 1.5e10)),
    elements=6e9,
    file=5e-3,
    disk=2e8,
)
