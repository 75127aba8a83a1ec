"""Which cases the benchmark consists of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.kernel.case import Case

PRECISIONS = ("float32", "float64")
# The width of the exponent against rows; the networks whose seeds are counted.
ROWS_WIDTH, SEEDS_WIDTH, SEEDS_ROWS = 512, 64, 128


@dataclass(frozen=True)
class Sweep:
    """Widths, rows and seeds; how long to repeat, and the sizes of the matrices for the GEMM rate.

    Args:
        widths: N, for every number of rows in `tables`.
        tables: n, one table each.
        rows: n at width 512, for the exponent.
        seeds: numbers of networks of width 64 on 128 points.
        budget: seconds of repetitions per process.
        rounds: how many times every contender has its turn.
        sizes: sides of the matrices for the GEMM rate.
    """

    widths: Sequence[int] = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
    tables: Sequence[int] = (128, 512)
    rows: Sequence[int] = (64, 128, 256, 512, 1024)
    seeds: Sequence[int] = (25, 50, 100, 200)
    budget: float = 1.0
    rounds: int = 2
    sizes: Sequence[int] = (2048, 4096)

    def kernels(self, precisions: Sequence[str]) -> Iterator[Case]:
        """The cases of one kernel each, without repetition."""
        tables = [(width, rows) for rows in self.tables for width in self.widths]
        for precision in precisions:
            for width, rows in dict.fromkeys([*tables, *((ROWS_WIDTH, rows) for rows in self.rows)]):
                yield Case(width, rows, precision, budget=self.budget)

    def networks(self, precisions: Sequence[str]) -> Iterator[Case]:
        """The cases of many kernels and spectra each."""
        for precision in precisions:
            for seeds in self.seeds:
                yield Case(SEEDS_WIDTH, SEEDS_ROWS, precision, seeds=seeds, budget=self.budget)

    def gemm(self, precision: str) -> Case:
        """The case of the GEMM rate."""
        return Case(0, 0, precision, sizes=tuple(self.sizes))


FULL = Sweep()
# Whether everything runs and agrees; the times mean nothing.
QUICK = Sweep(widths=(16,), tables=(8,), rows=(), seeds=(2,), budget=0.01, rounds=1, sizes=(256,))
