r"""Derivative channels: which partial derivatives travel through the network together.

A channel is a multi-index $\alpha \in \mathbb{N}^d$; it carries the normalised Taylor coefficient $c_\alpha =
\partial^\alpha h / \alpha!$ of a quantity $h(x)$. A set of channels is *down-closed*: with $\alpha$ it holds every
$\beta \le \alpha$, so that products and compositions truncated to the set are exact (kernel of the Taylor algebra).
"""

import functools
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

MultiIndex = tuple[int, ...]


@dataclass(frozen=True)
class Channels:
    """A down-closed set of multi-indices in graded order; the first is always zero, the value itself."""

    indices: tuple[MultiIndex, ...]

    @property
    def order(self) -> int:
        r"""The largest $|\alpha|$ in the set."""
        return sum(self.indices[-1])

    def __len__(self) -> int:
        """How many channels there are, the value included."""
        return len(self.indices)

    def position(self, index: MultiIndex) -> int:
        """Where a multi-index stands in the set; raises ValueError when it is not in it."""
        return self.indices.index(index)

    @functools.cached_property
    def products(self) -> tuple[tuple[int, int, int], ...]:
        r"""All $(i, j, k)$ with $\alpha_i + \alpha_j = \alpha_k$: the multiplication table of the truncated algebra."""
        position = {index: k for k, index in enumerate(self.indices)}
        pairs = itertools.product(range(len(self)), repeat=2)
        sums = ((i, j, position.get(_add(self.indices[i], self.indices[j]))) for i, j in pairs)
        return tuple((i, j, k) for i, j, k in sums if k is not None)


def closure(indices: Iterable[MultiIndex], dimension: int) -> Channels:
    r"""The smallest down-closed set that holds the given multi-indices of $\mathbb{N}^d$.

    >>> closure([(0, 2), (1, 1)], dimension=2).indices
    ((0, 0), (0, 1), (1, 0), (0, 2), (1, 1))
    """
    below = {beta for alpha in indices for beta in itertools.product(*(range(a + 1) for a in alpha))}
    below.add((0,) * dimension)
    return Channels(tuple(sorted(below, key=lambda alpha: (sum(alpha), alpha))))


def factorial(index: MultiIndex) -> int:
    r"""$\alpha! = \prod_k \alpha_k!$, the factor between a Taylor coefficient and a derivative."""
    return math.prod(math.factorial(a) for a in index)


def _add(left: MultiIndex, right: MultiIndex) -> MultiIndex:
    return tuple(a + b for a, b in zip(left, right, strict=True))
