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
