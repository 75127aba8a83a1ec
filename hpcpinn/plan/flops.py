"""Floating-point operations of one run, from formulas; nothing is measured here.

n rows, m = Σ_t n_t C_t rows of the factors, width N, depth L, P parameters (`Workload`). Lower-order terms are left
out: the numbers are for comparing cells and cutting tasks, not for billing.
"""

from hpcpinn.plan.workload import Workload


def kernel_flops(load: Workload) -> float:
    """One structured kernel: per hidden layer 2 m² N for two Gram matrices by symmetry, and 8 m N² for the passes.

    The first layer reads d inputs instead of N, so it takes part in the passes with 8 m N d; each encoder adds the
    Gram matrix of its own backward factors, m² N, and one such pass.
    """
    m, width = load.channel_rows, load.width
    grams = 2 * m * m * width * load.depth + m * m * width * load.encoders
    passes = 8 * m * width * (width * (load.depth - 1) + load.inputs * (1 + load.encoders))
    return float(grams + passes)


def spectrum_flops(load: Workload) -> float:
    """Eigenvalues without vectors, 4/3 n³ for the whole kernel and for the block of each term."""
    return 4 / 3 * (load.total_rows**3 + sum(n**3 for n in load.rows))


def training_flops(load: Workload) -> float:
    """Full-batch gradient steps: 2 m P forwards and 4 m P backwards, for every step."""
    return 6.0 * load.channel_rows * load.parameters * load.steps


def run_flops(load: Workload) -> float:
    """One run, one seed: the recorded kernels, their spectra, and the training between them."""
    return load.records * (kernel_flops(load) + spectrum_flops(load)) + training_flops(load)
