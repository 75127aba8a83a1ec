"""Exponents of cost: slopes of log time against log size."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.kernel import form
from benchmarks.kernel.case import Case
from benchmarks.kernel.results import COLUMNS, EXPLICIT, OURS, Results
from benchmarks.kernel.sweep import ROWS_WIDTH

# Exponents in N are taken from here on, where the passes through the network begin to dominate.
WIDE = 1024
HEAD = ("against", "precision", *(column.title for column in COLUMNS), f"{EXPLICIT.title} / {OURS.title}")


def slope(seconds: Mapping[int, float]) -> float:
    """The least-squares slope of log seconds against log size; NaN for fewer than two sizes."""
    finite = {size: value for size, value in seconds.items() if math.isfinite(value)}
    if len(finite) < 2:
        return float("nan")
    return float(np.polyfit(np.log(list(finite)), np.log(list(finite.values())), 1)[0])


def rows(results: Results) -> Iterator[list[str]]:
    """Exponents of every contender against N and n, and of the ratio of the explicit Jacobian to the package."""
    for precision in results.precisions:
        kernels = results.kernels(precision)
        for count in sorted({case.rows for case in kernels}):
            wide = {case.width: case for case in kernels if case.rows == count and case.width >= WIDE}
            if len(wide) > 1:
                yield [f"N ≥ {WIDE}, n = {count}", precision, *_slopes(results, wide)]
        at_width = {case.rows: case for case in kernels if case.width == ROWS_WIDTH}
        if len(at_width) > 1:
            yield [f"n, N = {ROWS_WIDTH}", precision, *_slopes(results, at_width)]


def _slopes(results: Results, cases: Mapping[int, Case]) -> list[str]:
    times = {column: {size: results.seconds(column, case) for size, case in cases.items()} for column in COLUMNS}
    ratios = {size: times[EXPLICIT][size] / times[OURS][size] for size in cases}
    return [form.fraction(slope(one)) for one in (*times.values(), ratios)]
