"""The rates of this machine, measured in about a second with NumPy and SciPy: planning starts no device.

What is measured is what the machine has to give now: other work on it lowers the rates as it will slow the runs.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import threadpoolctl

from hpcpinn.kernel import spectrum
from hpcpinn.plan.rates import Curve, Rates

# A panel of 128 points with 3 channels, times the weight of a layer.
_PANEL = 384
_WIDTHS = (16, 64, 256, 1024)
_ROWS = (32, 128, 512)
_NUMBERS = 2**18
_SMALL, _LARGE = 2**12, 2**22
_REPEATS = 3
# Where a file cannot be written: what a local disk needs.
_FILE, _DISK = 1e-3, 5e8


def calibrate(folder: Path) -> Rates:
    """Measure the rates; `folder` is where the store is or will be. Nothing stays there."""
    with threadpoolctl.threadpool_limits(limits=1, user_api="blas"):
        double, single = (
            Curve(_WIDTHS, tuple(_product(width, dtype) for width in _WIDTHS)) for dtype in (np.float64, np.float32)
        )
        spectra = Curve(_ROWS, tuple(_spectrum(rows) for rows in _ROWS))
    parallel = max(1.0, _product(_WIDTHS[-1], np.float64) / double.rates[-1])
    file, disk = _files(folder)
    return Rates(double, single, parallel, spectra, _elements(), file, disk)


def _product(width: int, dtype: type) -> float:
    rows, weight = np.ones((_PANEL, width), dtype), np.ones((width, width), dtype)
    result = np.empty_like(rows)
    return 2 * _PANEL * width**2 / _fastest(lambda: np.dot(rows, weight, out=result))


def _spectrum(rows: int) -> float:
    factor = np.random.default_rng(0).standard_normal((rows, rows))
    kernel = factor @ factor.T
    return 4 / 3 * rows**3 / _fastest(lambda: spectrum.eigenvalues(kernel))


def _elements() -> float:
    numbers = np.linspace(-1, 1, _NUMBERS)
    result = np.empty_like(numbers)
    return numbers.nbytes / _fastest(lambda: np.tanh(numbers, out=result))


def _files(folder: Path) -> tuple[float, float]:
    """Seconds of a small file, and bytes per second of a large one."""
    existing = next(known for known in (folder, *folder.absolute().parents) if known.is_dir())
    try:
        small = _fastest(lambda: _write(existing, _SMALL))
        return small, _LARGE / max(_fastest(lambda: _write(existing, _LARGE), 1) - small, 1e-9)
    except OSError:
        return _FILE, _DISK


def _write(folder: Path, size: int) -> None:
    # Without a name where the file system knows such files: nothing is left behind, however this ends.
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())


def _fastest(work: Callable[[], object], repeats: int = _REPEATS) -> float:
    """Seconds of the fastest of some calls, the first one aside, which wakes threads and fills caches."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
