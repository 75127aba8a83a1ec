r"""Predicted seconds of runs, tasks and studies on a machine with measured rates.

A run with m = $\sum_t n_t C_t$ rows of factors, width N, depth L, P parameters and $s$ bytes per number takes

| part | seconds |
|---|---|
| kernel | products (`flops.kernel_flops`) at the rate of products, $4 s\, m N L$ bytes at that of elements |
| spectrum | $\frac43 n^3$ at the rate of spectra, for every block; without eigenvalues $12\, m P$ per product with K |
| accuracy | $2 P$ at the rate of products and $2.5 s\, N L$ bytes of elements, for each of 4096 points |
| training | $2\, m P$ of products and $\frac{32}{3}\, m N L$ bytes of elements for every pass, 2 µs for every step |
| start | $15 s\, P$ bytes of elements, as which P random numbers are counted |

and a task, besides its runs, a fixed time for every program it hands to its devices, for every file and every byte on
disk. Narrow networks of a task are side by side on the cores; wide ones follow each other, all cores at their products.
Every process takes a while to start, and every cell to compile. What is not counted: factors that are computed again
for want of memory, spectra of more than 2048 rows that use several cores, other work on the machine.

The factors were fitted to runs on one core of an AMD EPYC (four problems, N = 16 to 2048, L = 1 to 4, n = 22 to 1024,
with and without training, jax 0.10.2): 17 of them took 0.69 to 1.2 of the prediction.
"""

import functools
from dataclasses import dataclass

from hpcpinn.plan import flops
from hpcpinn.plan.cost import Cost
from hpcpinn.plan.narrow import is_narrow
from hpcpinn.plan.panels import panels
from hpcpinn.plan.rates import Rates
from hpcpinn.plan.workload import Workload

# Imports, the plan, the rehearsal of the terms.
START_SECONDS = 2.5
# Of compiling a cell, on one core of an AMD EPYC: 2.4 s for 2 terms and 1 layer, 3.2 for 2 layers, 3.7 for 4; 4.1 s for
# 4 terms and 2 layers; 4.2 to 5.7 s for 2 terms and up to 2 layers with training.
_CELL_SECONDS, _TERM_SECONDS, _LAYER_SECONDS, _TRAINED = 1.2, 0.4, 0.4, 1.6
# Of a program that is handed to the devices, and of a step of training, without the work in them.
PROGRAM_SECONDS = 2e-4
STEP_SECONDS = 2e-6
# Of encoding, checking and writing a chunk, and of its bytes, before the disk has anything to do with it.
CHUNK_SECONDS = 1e-3
ENCODED_BYTES = 3e8
# Numbers that an elementwise function takes in for one number of the jets of a layer, forwards and backwards, for one
# number of the values of a layer, and for one random number.
_JET, _VALUE, _DRAW = 4.0, 2.5, 15.0
_DOUBLE = 8
# Of a pair of channels of two rows in one layer of a limit.
_BIJET_SECONDS = 5e-7


def run_parts(load: Workload, rates: Rates) -> dict[str, float]:
    """Seconds of one run, part by part, see above."""
    return _Run(load, rates, _cores(load, rates)).parts()


def task_seconds(load: Workload, seeds: int, cost: Cost, rates: Rates) -> float:
    """Seconds of one task of so many runs in a process that has compiled its programs."""
    runs = seeds * sum(run_parts(load, rates).values())
    handed = PROGRAM_SECONDS * programs(load)
    publication = cost.files * (rates.file + CHUNK_SECONDS) + cost.bytes * (1 / rates.disk + 1 / ENCODED_BYTES)
    if is_narrow(flops.kernel_flops(load)):
        return runs / max(1.0, min(float(seeds), rates.parallel)) + handed + publication
    return runs + seeds * handed + publication


def compilation_seconds(load: Workload) -> float:
    """Seconds until the programs of a cell are compiled, once in every process that works on it."""
    untrained = _CELL_SECONDS + _TERM_SECONDS * len(load.rows) + _LAYER_SECONDS * (load.depth + load.encoders)
    return untrained * (_TRAINED if load.steps else 1.0) + _limit_seconds(load)


def _limit_seconds(load: Workload) -> float:
    """Seconds for a limit: programs for every pair of terms, and operations on every pair of channels and rows.

    On two cores of an Intel Xeon: 5 s for 20 rows of 2 terms, 10 s for 88 of 4, 12 s for 500 of 2 and depth 3.
    """
    if load.limit == "none":
        return 0.0
    pairs = len(load.rows) * (len(load.rows) + 1) / 2
    return 2.0 + pairs + _BIJET_SECONDS * load.depth * load.channel_rows**2


def programs(load: Workload) -> int:
    """Programs handed to the devices: one per panel and pair of panels of every kernel, and a few for every record."""
    count = _panels(load.rows, load.tile)
    return flops.kernels(load) * (count + count * (count + 1) // 2) + 4 * load.records


@functools.lru_cache(maxsize=1024)
def _panels(rows: tuple[int, ...], tile: int) -> int:
    counts = {str(term): count for term, count in enumerate(rows)}
    return sum(len(of_tile) for of_tile in panels(counts, tile))


def _units(load: Workload) -> int:
    """Units of all hidden layers and encoders."""
    return load.width * (load.depth + load.encoders)


def _cores(load: Workload, rates: Rates) -> float:
    """How many cores the products of one run have: one when other runs are beside it, all otherwise."""
    return 1.0 if is_narrow(flops.kernel_flops(load)) else rates.parallel


@dataclass(frozen=True)
class _Run:
    load: Workload
    rates: Rates
    cores: float

    def parts(self) -> dict[str, float]:
        load = self.load
        return {
            "kernel": flops.kernels(load) * self._kernel(),
            "spectrum": load.records * (self._spectrum() if load.dense else self._norms()),
            "accuracy": load.records * self._accuracy(),
            "training": self._training(),
            "start": self._elements(load.parameters, _DRAW, load.itemsize),
        }

    def _kernel(self) -> float:
        load = self.load
        jets = self._elements(load.channel_rows * _units(load), _JET, load.itemsize)
        return self._products(flops.kernel_flops(load), load.itemsize) + jets

    def _spectrum(self) -> float:
        return sum(4 / 3 * n**3 / self.rates.spectra.at(n) for n in flops.blocks(self.load))

    def _norms(self) -> float:
        return self._products(flops.norm_flops(self.load), self.load.itemsize)

    def _accuracy(self) -> float:
        load = self.load
        itemsize = _DOUBLE if load.steps else load.itemsize
        values = self._elements(load.compared * load.evaluated * _units(load), _VALUE, itemsize)
        return self._products(flops.accuracy_flops(load), itemsize) + values

    def _training(self) -> float:
        load = self.load
        jets = self._elements(load.step.channel_rows * _units(load), _JET, load.way.itemsize)
        step = jets * flops.passes(load) / 3 + STEP_SECONDS
        return self._products(flops.training_flops(load), load.way.itemsize) + load.steps * step

    def _products(self, operations: float, itemsize: int) -> float:
        return operations / (self.cores * self.rates.product(self.load.width, itemsize))

    def _elements(self, numbers: int, each: float, itemsize: int) -> float:
        return each * numbers * itemsize / self.rates.elements
