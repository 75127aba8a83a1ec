r"""The largest eigenvalue of a kernel that is never formed, by Lanczos iteration (ARPACK) on $v \mapsto K v$.

Lehoucq, Sorensen and Yang, *ARPACK Users' Guide*, SIAM 1998. The same quantities from a kernel at hand are
`spectrum.spectral_norm` and, with weights, `training.stability.edge`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse.linalg
import threadpoolctl
from jaxtyping import Float

from hpcpinn.kernel import spectrum
from hpcpinn.kernel.product import DEFAULT_BLOCK, product
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem

# Up to as many rows the products are those that give the matrix itself.
_DENSE = 20
# Products before ARPACK looks at the first result. Its own choice of 20 is for spectra that fall more slowly: the
# largest eigenvalue of a kernel stands alone.
_VECTORS = 8

_Apply = Callable[[np.ndarray], np.ndarray]


def spectral_norm(
    problem: Problem,
    network: Network,
    params: Params,
    points: Points,
    weights: Float[np.ndarray, " row"] | None = None,
    block: int = DEFAULT_BLOCK,
) -> float:
    r"""$\lambda_\max(W^{1/2} K W^{1/2})$, without weights $\|K\|_2$, from a few dozen products; NaN if not finite.

    Exact to the round-off of products in the precision of `params`. Memory: that of `product` and 20 vectors.

    Args:
        problem: the terms.
        network: the description of the network.
        params: its parameters.
        points: the rows.
        weights: a number $\ge 0$ for every row, $W = \mathrm{diag}(w)$; then 1 / result is the stability edge of
            gradient descent for $L = \sum_i w_i r_i^2$.
        block: rows that are evaluated together.

    Raises:
        ArpackNoConvergence: many eigenvalues cluster at the top of the spectrum.
    """
    size, precision = sum(points.counts.values()), params["output"]["weight"].dtype
    root = np.ones(size) if weights is None else np.sqrt(weights)

    def apply(v: np.ndarray) -> np.ndarray:
        scaled = root * v.reshape(size)
        return root * np.asarray(product(problem, network, params, points, scaled, block), np.float64)

    if size <= _DENSE:
        return spectrum.spectral_norm(np.stack([apply(row) for row in np.eye(size)]))
    start = apply(np.random.default_rng(0).standard_normal(size))  # fixed: the same bits in every run
    if not np.isfinite(start).all():
        return float("nan")
    return _largest(apply, start, float(np.finfo(precision).eps)) if start.any() else 0.0


def _largest(apply: _Apply, start: Float[np.ndarray, " row"], tolerance: float) -> float:
    # The stubs of scipy know neither the constructor of LinearOperator nor tolerances that are not whole numbers.
    linalg: Any = scipy.sparse.linalg
    operator = linalg.LinearOperator((len(start), len(start)), matvec=apply, dtype=np.float64)
    # One thread: the last bits of LAPACK depend on their number, and vectors need no more.
    with threadpoolctl.threadpool_limits(limits=1, user_api="blas"):
        values = linalg.eigsh(
            operator, k=1, which="LM", v0=start, ncv=_VECTORS, tol=tolerance, return_eigenvectors=False
        )
    return float(abs(values[0]))
