r"""The kernel of one network inside a program that is being compiled, for optimisers that need it at every step.

From the same factors and blocks as in `assembly`, with all rows of a term in one panel: the size of the program depends
on the number of terms and not on that of rows. The last bits may differ from those of `assembly`, which are sums of
products of other sizes.
"""

import math
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.kernel import case as cases
from hpcpinn.kernel import factors, gram
from hpcpinn.kernel.case import Case
from hpcpinn.kernel.factors import Factors
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.plan.panels import STRIP


def kernel(problem: Problem, network: Network, params: Params, x: Mapping[str, Array]) -> Float[Array, "row row"]:
    """The kernel of all terms at their points, symmetric to the last bit; rows in the order of `x`.

    Memory is that of the factors of all rows and of the $(nC)^2$ products of their channels.
    """
    case = cases.case(problem, network, {name: len(points) for name, points in x.items()})
    found = [_factors(case, name, params, points) for name, points in x.items()]
    counts = [len(points) for points in x.values()]
    upper = jnp.concatenate([_row(case, found, counts, k) for k in range(len(found))])
    return jnp.where(np.tri(len(upper), dtype=bool).T, upper, upper.T)


def diagonal(problem: Problem, network: Network, params: Params, x: Mapping[str, Array]) -> Float[Array, " row"]:
    """The diagonal of the kernel, without the rest of it."""
    case = Case(problem, network, explicit=frozenset())
    return jnp.concatenate(
        [gram.norms(case, _factors(case, name, params, points))[0][: len(points)] for name, points in x.items()]
    )


def _factors(case: Case, term: str, params: Params, x: Float[Array, "row coordinate"]) -> Factors:
    """The factors of all rows of a term, in strips; the last one is filled with its last point."""
    strips = math.ceil(len(x) / STRIP)
    rows = math.ceil(len(x) / strips)
    filled = jnp.concatenate([x, jnp.repeat(x[-1:], strips * rows - len(x), axis=0)])
    return factors.factors(case, term, params, filled.reshape(strips, rows, -1))


def _row(case: Case, found: list[Factors], counts: list[int], row: int) -> Float[Array, "some row"]:
    """A row of blocks: zeros before the diagonal."""
    blocks = [
        gram.pair(case, found[row], other)[0][: counts[row], :count]
        for other, count in zip(found[row:], counts[row:], strict=True)
    ]
    before = jnp.zeros((counts[row], sum(counts[:row])), blocks[0].dtype)
    return jnp.concatenate([before, *blocks], axis=1)
