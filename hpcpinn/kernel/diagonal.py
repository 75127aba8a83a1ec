r"""The diagonal of a kernel and its traces, without the kernel: $K_{ii} = \lVert\partial r_i/\partial\theta\rVert^2$.

Panel by panel, with one program per term: memory is that of the parameters and of the factors of one panel, whatever
the number of rows. No gradient is formed: contracting the factors of a row of $C$ channels takes $2 C^2 (a + b)$
operations at a map with fan-in $a$ and fan-out $b$, beside the $4 C a b$ of passing it.
"""

import functools

import jax
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.case import Case
from hpcpinn.kernel.layouts.layout import dtype_of, strips_of
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.plan import panels as cut


def diagonal(problem: Problem, network: Network, params: Params, points: Points) -> Float[np.ndarray, " row"]:
    r"""$K_{ii}$ of every row, in the precision of `params`; rows in the order of `points.labels`.

    The last bits may differ from those on the diagonal of `assembly.ntk`, which are sums in another order.

    Raises:
        ProblemError: a term that cannot be evaluated or does not return one real number.
    """
    case = Case(problem, network, explicit=frozenset())
    (panels,) = cut.panels(points.counts, tile=sum(points.counts.values()))
    shapes = cut.shapes([panels])
    parts = []
    for panel in panels:
        x = strips_of(points[panel.term], panel, shapes[panel.term])
        # Read at once: panels in flight would all have their factors in memory.
        parts.append(np.asarray(_norms(case, panel.term, params, x))[: len(panel.rows)])
    return np.concatenate(parts)


def traces(problem: Problem, network: Network, params: Params, points: Points) -> dict[str, float]:
    """The trace of the diagonal block of every term, summed in float64; their sum is the trace of the kernel.

    Raises:
        ProblemError: a term that cannot be evaluated or does not return one real number.
    """
    counts = points.counts
    parts = np.split(diagonal(problem, network, params, points), np.cumsum(list(counts.values()))[:-1])
    return {name: float(part.sum(dtype=np.float64)) for name, part in zip(counts, parts, strict=True)}


@functools.partial(jax.jit, static_argnames=("case", "term"))
def _norms(case: Case, term: str, params: Params, x: Float[Array, "strip row coordinate"]) -> Float[Array, " padded"]:
    found = factors.factors(case, term, params, x.astype(dtype_of(params)))
    return gram.norms(case, found)[0]
