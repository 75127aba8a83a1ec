"""How numbers and tables are written in Markdown."""

import math
from collections.abc import Iterable, Sequence

MISSING = "–"
_MIB = 2**20


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def seconds(value: float) -> str:
    """A time, to three digits.

    >>> seconds(0.00022), seconds(0.0345), seconds(12.34)
    ('220 µs', '34.5 ms', '12.3 s')
    """
    for unit, size in (("µs", 1e-6), ("ms", 1e-3)):
        if value < 999.5 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} s" if value < 999.5 else f"{value:.0f} s"


def ratio(value: float) -> str:
    """A ratio, to two digits below ten and to whole numbers above.

    >>> ratio(0.853), ratio(9.12), ratio(123.4)
    ('0.85×', '9.1×', '123×')
    """
    if not math.isfinite(value):
        return MISSING
    return f"{value:.2g}×" if value < 9.95 else f"{value:.0f}×"


def fraction(value: float) -> str:
    """A fraction, to two decimals."""
    return f"{value:.2f}" if math.isfinite(value) else MISSING


def memory(value: float) -> str:
    """Bytes in MiB."""
    return f"{value / _MIB:.0f} MiB"


def rate(value: float) -> str:
    """A rate in GFLOP/s."""
    return f"{value / 1e9:.0f}"
