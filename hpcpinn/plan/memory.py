"""Projected peak memory of one task, part by part.

A projection is an upper bound that the measured peak (`peak_bytes` of the store) has to stay below, and not more than
half as much again: `tests/run/test_memory.py` holds it to that over widths, depths, rows and seeds.
"""

import math

from hpcpinn.plan.contraction import Map, is_explicit
from hpcpinn.plan.flops import kernel_flops
from hpcpinn.plan.narrow import is_narrow
from hpcpinn.plan.panels import PANEL
from hpcpinn.plan.workload import Workload

MIB, GIB = 2**20, 2**30

# Resident sets of tasks too small to have anything else in them (jax 0.10.2, x86-64, CPU) were 323 MiB for 2 terms and
# 1 layer and 418 for 6 terms and 3 layers: compiled code grows with both. The rest is room for other versions.
RUNTIME_BYTES = 400 * MIB
COMPILED_BYTES = 4 * MIB
# Programs of an optimiser, and what they grow by per term and layer on top of the others. Of 2 terms and 1 layer, width
# 16, tasks took 396 MiB by gd, 416 by adam, 413 linearized, 483 by Levenberg-Marquardt and 648 by L-BFGS; of 3 layers
# 559 and 735 by the last two; `hpcpinn run` of 4 terms took 438 by gd and 454 by adam with 1 layer, 537 and 513 with 3.
# Weights took up to 53 MiB more than gd; of 3 terms causal ones 24 MiB with 1 layer and 27 with 3; of 4 terms and 3
# layers `ntk` took 103. With batches, adam and 3 layers, the first task of a process, which compiles, took 676 MiB of 2
# terms where later ones took 538, and of 4 terms and 5 seeds between 666 and 753: compilers vary from run to run.
TRAINING_BYTES = {
    "gd": 32 * MIB,
    "adam": 48 * MIB,
    "lbfgs": 232 * MIB,
    "levenberg_marquardt": 72 * MIB,
    "linearized": 48 * MIB,
}
_GROWING_BYTES = {
    "gd": 8 * MIB,
    "adam": 7 * MIB,
    "lbfgs": 20 * MIB,
    "levenberg_marquardt": 16 * MIB,
    "linearized": 8 * MIB,
}
_BATCH_BYTES = 144 * MIB
WEIGHTING_BYTES = {"ntk": 32 * MIB, "gradient_annealing": 40 * MIB, "residual_attention": 16 * MIB, "causal": 32 * MIB}
_OF_BLOCKS = {"ntk": 4 * MIB}
# Products with a kernel that is not held, which find its largest eigenvalue: tasks of 1500 rows in tiles of 128 to 1500
# took 44 to 82 MiB more resident memory with them than with all eigenvalues; of the Burgers equation 110.
PRODUCT_BYTES = 112 * MIB
_DOUBLE = 8
# Factors that are kept for later rows of tiles: those of 7000 rows of u_xx at width 512 and depth 3.
FACTOR_BUDGET = 1024 * MIB
# Arrays of the size of a layer's jets that are alive at once, per layer, while a panel passes forwards and backwards.
_LIVE = 5
# Arrays of the size of the parameters: what a step makes of them, what an optimiser remembers, pairs of L-BFGS aside,
# and what it works with on top of the gradient. Narrow networks lie in slots, two at least, and each is taken out of
# its slot while it is trained; a wide one is trained where it is. Taken at depth 3 and 128 rows: 877 MiB by L-BFGS with
# 2 pairs, 1074 with 10 and 1820 with 40 at width 512, which is 3.1 copies of what is remembered, and 1297 with 10 at
# width 1024; 570 and 633 by adam, 526 and 577 by gd; 671 by gd with 8 seeds at width 512.
_TRAINED, _TAKEN_OUT = 7, 5
_REMEMBERED = {"adam": 2, "lbfgs": 3, "linearized": 1}
_WORKING = {"lbfgs": 8, "levenberg_marquardt": 16}
# The same of conjugate gradients: solution, residual, direction, its product, and of that what goes forwards.
_OF_GRADIENTS = 5
# Narrow networks that are worked on at the same time at most: the virtual devices of a CPU, see `kernel.cores`.
_AT_ONCE = 4
# Points of the reference solution that are evaluated together, see `training.accuracy`.
_EVALUATED = 512

# Resident memory that a limit added (jax 0.10.2, CPU): 125 MiB for 22 rows of 2 terms, 265 for 64 of 2, 360 for 88 of
# 4; most of it is compiled code, one program for every pair of terms. Hermite coefficients are about 1100, of 9
# derivatives.
LIMIT_BYTES, PAIR_BYTES = 240 * MIB, 14 * MIB
_HERMITE_BYTES = 80 * 1024

# What a user can lower when a part is the largest one.
ADVICE = {
    "runtime": "Ask for more memory per task: this is what Python and JAX take by themselves.",
    "parameters": "Lower `network.width`.",
    "factors": "Lower `network.width`, or the numbers under [points].",
    "tiles": "Lower `kernel.tile`.",
    "kernel": 'Lower the numbers under [points], or do without eigenvalues: `kernel.spectrum = "none"`.',
    "limit": "Lower the numbers under [points] or `limit.draws`, or do without: `limit.compare = false`.",
    "results": "Record fewer steps.",
}


def runtime_bytes(load: Workload) -> int:
    """Bytes that a process takes whatever the sizes: 400 MiB, and 4 MiB per term and layer for compiled code.

    Programs for training and for products with a kernel that is not held come on top.
    """
    programs = COMPILED_BYTES * len(load.rows) * (load.depth + load.encoders)
    return RUNTIME_BYTES + programs + _training_bytes(load) + (0 if load.dense else PRODUCT_BYTES)


def _training_bytes(load: Workload) -> int:
    if not load.steps:
        return 0
    each = _GROWING_BYTES.get(load.way.optimizer, 0) + _OF_BLOCKS.get(load.way.weighting, 0)
    growing = each * len(load.rows) * (load.depth + load.encoders)
    drawing = _BATCH_BYTES if load.way.rows else 0
    return TRAINING_BYTES[load.way.optimizer] + growing + drawing + WEIGHTING_BYTES.get(load.way.weighting, 0)


def task_parts(load: Workload, seeds: int, results: int, draws_limit: bool = False) -> dict[str, int]:
    """Bytes of one task of `seeds` runs which holds `results` bytes of arrays for the store.

    Narrow networks are held side by side, wide ones one after the other. Every task knows the limit that its runs are
    compared with; a random one is drawn by one task, `draws_limit`.
    """
    together = seeds if _is_narrow(load) else 1
    parts = {
        "parameters": _parameters(load, together) + together * _checkpoint(load),
        "factors": _factors(load, together),
        "tiles": _tiles(load, together),
        "kernel": together * _kernels(load),
        "limit": _limit(load) if load.limit == "fixed" or (load.limit == "random" and draws_limit) else 0,
    }
    return {"runtime": runtime_bytes(load), **parts, "results": results}


def memory_class(peak: int) -> int:
    """Bytes of the smallest of 1, 2, 4, ... GiB that hold a projected peak.

    >>> [memory_class(peak) // GIB for peak in (1, GIB, GIB + 1, 5 * GIB)]
    [1, 1, 2, 8]
    """
    whole = math.ceil(peak / GIB)
    return GIB * 2 ** max(0, whole - 1).bit_length()


def run_bytes(load: Workload) -> int:
    """Bytes of one run beside others in one process."""
    return _parameters(load, 1) + _factors(load, 1) + _tiles(load, 1) + _kernels(load)


def _checkpoint(load: Workload) -> int:
    """The state of training on its way to or from a checkpoint; the number of seeds of a task does not depend on it."""
    return (1 + _remembered(load)) * load.parameters * _DOUBLE if load.steps else 0


def _remembered(load: Workload) -> int:
    """Arrays of the size of the parameters in the state of training, themselves aside."""
    return _REMEMBERED.get(load.way.optimizer, 0) + 2 * load.way.pairs


def _parameters(load: Workload, together: int) -> int:
    """P numbers of every network in the precision of the kernel; several times P in float64 where they are trained.

    Trained parameters are there at step 0, now, as a gradient and as an update, and twice while it is looked at whether
    they are finite; once more for a float32 kernel. So is what an optimiser remembers, and what it works with.
    """
    if not load.steps:
        return together * load.parameters * load.itemsize
    rounded = together * load.itemsize if load.itemsize < _DOUBLE else 0
    working = _WORKING.get(load.way.optimizer, 0) + (_OF_GRADIENTS if load.way.iterations else 0)
    numbers = together * _TRAINED + min(together, _AT_ONCE) * working + _copies(load, together) * _remembered(load)
    return (_DOUBLE * (numbers + (_TAKEN_OUT if _is_narrow(load) else 0)) + rounded) * load.parameters


def _copies(load: Workload, together: int) -> int:
    """How many times what an optimiser remembers is there: in slots, and of those networks that are worked on."""
    return max(2, together) + min(together, _AT_ONCE) if _is_narrow(load) else 1


def _is_narrow(load: Workload) -> bool:
    return is_narrow(kernel_flops(load))


def _factors(load: Workload, together: int) -> int:
    """The larger of what the kernel needs and what a gradient of the loss over all rows needs."""
    layers = load.depth + 2 * load.encoders
    panel = max(min(rows, PANEL) * channels for rows, channels in zip(load.rows, load.channels, strict=True))
    passing = _LIVE * max(panel, _EVALUATED // 2 * load.evaluated) * load.width * layers * load.itemsize
    kernel = together * kept_bytes(load) + min(together, _AT_ONCE) * passing
    gradient = 6 * load.step.channel_rows * load.width * layers * load.way.itemsize if load.steps else 0
    return max(kernel, min(together, _AT_ONCE) * (gradient + _in_sample_space(load.step)))


def _in_sample_space(load: Workload) -> int:
    """Factors of all rows, products of their channels; the kernel with its weighted and damped copies and a factor."""
    if not (load.steps and load.way.is_in_sample_space):
        return 0
    factors = sum(_numbers(site, load.total_rows) for site in load.maps)
    return _DOUBLE * (factors + 2 * load.channel_rows**2 + 4 * load.total_rows**2)


def kept_bytes(load: Workload) -> int:
    """Factors of all rows, or what the budget keeps of them beside the tiles of rows and of columns at hand."""
    whole = load.itemsize * sum(_numbers(site, load.total_rows) for site in load.maps)
    at_hand = math.ceil(2 * min(load.tile, load.total_rows) / load.total_rows * whole)
    return min(whole, FACTOR_BUDGET + at_hand)


def _numbers(site: Map, rows: int) -> int:
    if is_explicit(site, rows):
        return rows * (site.fan_in * site.fan_out + site.fan_out)
    return site.channel_rows * (site.fan_in + site.fan_out)


def _tiles(load: Workload, together: int) -> int:
    """A tile put together, mirrored, widened to a chunk and compressed; the two Gram matrices of two blocks."""
    side = min(load.tile, load.total_rows)
    products = 4 * (PANEL * max(load.channels, default=1)) ** 2
    return load.itemsize * ((together + 4) * side**2 * load.parts + min(products, 4 * load.channel_rows**2))


def _kernels(load: Workload) -> int:
    """K and, in float64, a copy in the eigenvalue solver; with training K(0) and the difference too."""
    if not load.dense:
        return 0
    held = (3 if load.steps else 1) * load.itemsize + 2 * _DOUBLE
    return load.total_rows**2 * held


def _limit(load: Workload) -> int:
    """Coefficients of all rows; one limit kernel and two copies, or all draws of it, and of a path its covariance."""
    coefficients = _HERMITE_BYTES * load.total_rows * (load.depth + load.encoders)
    drawn = load.limit == "random"
    kernels = (2 * load.draws if drawn else 3) * load.total_rows**2
    paths = 3 * load.channel_rows**2 if drawn else 0
    pairs = len(load.rows) * (len(load.rows) + 1) // 2
    return LIMIT_BYTES + PAIR_BYTES * pairs + coefficients + _DOUBLE * (kernels + paths)
