"""Floating-point operations of one run, from formulas; nothing is measured here.

n rows, m = Σ_t n_t C_t rows of the factors, width N, depth L, P parameters (`Workload`). Lower-order terms are left
out: the numbers are for comparing cells and cutting tasks, not for billing.
"""

from collections.abc import Iterable

from hpcpinn.plan.contraction import Map, contraction_flops, pass_flops
from hpcpinn.plan.workload import Workload

# Products with the kernel until its largest eigenvalue is found: Lanczos iteration takes 20 before it looks.
PRODUCTS = 30
# Evaluations of loss and gradient in a line search: the first length, and on average one more.
SEARCHES = 2
# What a task takes besides its operations, in operations: 2 s of two cores, for compilation and publication.
OVERHEAD = 1e11


def assembly_flops(maps: Iterable[Map], rows: int) -> float:
    """One kernel: every row passes through every map, and every map is contracted in the cheaper way."""
    return sum(pass_flops(site) + contraction_flops(site, rows) for site in maps)


def kernel_flops(load: Workload) -> float:
    """One kernel of a run."""
    return assembly_flops(load.maps, load.total_rows)


def spectrum_flops(load: Workload) -> float:
    """Eigenvalues without vectors, 4/3 n³ for the whole kernel and for the block of each term."""
    return 4 / 3 * sum(n**3 for n in blocks(load))


def blocks(load: Workload) -> tuple[int, ...]:
    """Rows of the kernel and of the block of each term; of a single term, which is the whole kernel, once."""
    return (load.total_rows, *(load.rows if len(load.rows) > 1 else ()))


def norm_flops(load: Workload) -> float:
    """Spectral norms of a kernel that is not held and of the block of each term: products of 12 P per row of factors.

    With training the stability edge is one more of the whole kernel.
    """
    searches = 3 if load.steps else 2
    return 12.0 * PRODUCTS * searches * load.channel_rows * load.parameters


def accuracy_flops(load: Workload) -> float:
    """The solution at the points where it is compared with the known one: 2 P for each and for each channel."""
    return 2.0 * load.compared * load.evaluated * load.parameters


def training_flops(load: Workload) -> float:
    """Passes of 2 m P for the m rows of a step; in sample space also a kernel and its factor; in L-BFGS its pairs."""
    batch = load.step
    step = 2.0 * batch.channel_rows * load.parameters * passes(load) + 8.0 * load.way.pairs * load.parameters
    if load.way.is_in_sample_space:
        step += kernel_flops(batch) + batch.total_rows**3 / 3
    return step * load.steps


def passes(load: Workload) -> float:
    """Passes of all rows in one step, on average.

    A gradient takes one forwards and two backwards, a product with the Jacobian two, with its transpose two, a diagonal
    of the kernel two. Levenberg-Marquardt is taken to accept the first damping that it tries.
    """
    of_optimizer = {
        "lbfgs": 3 * SEARCHES,
        "linearized": 1 + 2 + 2,
        "levenberg_marquardt": 1 + 2 + 2 + 4 * load.way.iterations,
    }
    of_weighting = {"ntk": 2, "gradient_annealing": 3 * len(load.rows), "residual_attention": 1, "causal": 1}
    return of_optimizer.get(load.way.optimizer, 3) + of_weighting.get(load.way.weighting, 0) / load.way.every


def run_flops(load: Workload) -> float:
    """One run, one seed: the recorded kernels with what is taken of them, errors, and the training between them."""
    taken = spectrum_flops(load) if load.dense else norm_flops(load)
    records = load.records * (taken + accuracy_flops(load))
    return kernels(load) * kernel_flops(load) + records + training_flops(load)


def kernels(load: Workload) -> int:
    """How often a kernel is assembled: at every record, and where it is not held twice more for its drift."""
    again = 2 * (load.records - 1) if load.steps and not load.dense else 0
    return load.records + again
