"""Floating-point operations of one run, from formulas; nothing is measured here.

n rows, m = Σ_t n_t C_t rows of the factors, width N, depth L, P parameters (`Workload`). Lower-order terms are left
out: the numbers are for comparing cells and cutting tasks, not for billing.
"""

from collections.abc import Iterable

from hpcpinn.plan.contraction import Map, contraction_flops, pass_flops
from hpcpinn.plan.workload import Workload


def assembly_flops(maps: Iterable[Map], rows: int) -> float:
    """One kernel: every row passes through every map, and every map is contracted in the cheaper way."""
    return sum(pass_flops(site) + contraction_flops(site, rows) for site in maps)


def kernel_flops(load: Workload) -> float:
    """One kernel of a run."""
    return assembly_flops(load.maps, load.total_rows)


def spectrum_flops(load: Workload) -> float:
    """Eigenvalues without vectors, 4/3 n³ for the whole kernel and for the block of each term."""
    return 4 / 3 * (load.total_rows**3 + sum(n**3 for n in load.rows))


def training_flops(load: Workload) -> float:
    """Full-batch gradient steps: 2 m P forwards and 4 m P backwards, for every step."""
    return 6.0 * load.channel_rows * load.parameters * load.steps


def run_flops(load: Workload) -> float:
    """One run, one seed: the recorded kernels, their spectra, and the training between them."""
    return load.records * (kernel_flops(load) + spectrum_flops(load)) + training_flops(load)
