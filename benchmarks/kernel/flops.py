r"""Operations that a kernel of u_xx needs: what fractions of the GEMM rate are counted from, whatever a contender does.

With n rows, C = 3 channels (u, u_x and u_xx), width N and depth L, additions and multiplications counted apart:

    passes        8 n C N² for two hidden matrices: forward and backward, 2 operations per weight and channel
    Gram tiles    2 (nC)² N per hidden matrix: two products, half of each by symmetry
    first, last   n² N each: one input, one output, and half of the rest by symmetry
"""

from benchmarks.kernel.case import Case

CHANNELS = 3


def necessary(case: Case) -> int:
    """Operations that symmetry leaves necessary for the structured kernel."""
    return (
        passes(case) + 2 * (case.depth - 1) * (case.rows * CHANNELS) ** 2 * case.width + 2 * case.rows**2 * case.width
    )


def passes(case: Case) -> int:
    """Operations of one forward and one backward pass of all rows and channels."""
    return 4 * (case.depth - 1) * case.rows * CHANNELS * case.width**2


def explicit(case: Case) -> int:
    """Operations of the product J Jᵀ, 2 n² P: without symmetry, as GEMM computes it."""
    return 2 * case.rows**2 * case.parameter_count
