r"""Derivative channels: which partial derivatives travel through the network together.

A channel is a multi-index $\alpha \in \mathbb{N}^d$; it carries the normalised Taylor coefficient $c_\alpha =
\partial^\alpha h / \alpha!$ of a quantity $h(x)$. A set of channels is *down-closed*: with $\alpha$ it holds every
$\beta \le \alpha$, so that products and compositions truncated to the set are exact (kernel of the Taylor algebra).

Maximal multi-indices, those below no other one, may share a channel. With $\gamma$ maximal, a coefficient
$(fg)_\gamma = f_0 g_\gamma + f_\gamma g_0 + \ldots$ meets no other coefficient of its own kind, so that a fixed
combination $s = \sum_\gamma w_\gamma c_\gamma$ of maximal coefficients multiplies by itself:
$$(fg)_s = f_0 g_s + f_s g_0 + \sum_\gamma w_\gamma \sum_{\alpha + \beta = \gamma;\, \alpha, \beta \ne 0}
  f_\alpha g_\beta.$$
Maximal monomials times anything nilpotent are zero, so that any subspace of them is an ideal: what is computed with
here is the truncated algebra modulo those combinations that nothing reads.
"""

import functools
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

MultiIndex = tuple[int, ...]


@dataclass(frozen=True)
class Channels:
    r"""A down-closed set of multi-indices in graded order; the first is always zero, the value itself.

    Attributes:
        indices: one multi-index $\alpha_k$ per channel.
        absorbed: triples $(\gamma, \alpha_k, w)$: the channel of $\alpha_k$ carries $w\, c_\gamma$ besides
            $c_{\alpha_k}$. Both are maximal, and $\gamma$ has no channel of its own.
    """

    indices: tuple[MultiIndex, ...]
    absorbed: tuple[tuple[MultiIndex, MultiIndex, float], ...] = ()

    @property
    def order(self) -> int:
        r"""The largest $|\alpha|$ in the set, absorbed ones included."""
        return max(sum(index) for members in self.members for index, _ in members)

    def __len__(self) -> int:
        """How many channels there are, the value included."""
        return len(self.indices)

    def position(self, index: MultiIndex) -> int:
        """Where a multi-index stands in the set; raises ValueError when it has no channel of its own."""
        return self.indices.index(index)

    @functools.cached_property
    def members(self) -> tuple[tuple[tuple[MultiIndex, float], ...], ...]:
        r"""What every channel carries: $(\gamma, w_\gamma)$ of $\sum_\gamma w_\gamma c_\gamma$, its own index first."""
        others = {index: [(gamma, w) for gamma, into, w in self.absorbed if into == index] for index in self.indices}
        return tuple(((index, 1.0), *others[index]) for index in self.indices)

    @functools.cached_property
    def linear(self) -> tuple[int, ...]:
        """Where the jet of an affine function of the coordinates, such as the network's input, can be non-zero."""
        return tuple(k for k, members in enumerate(self.members) if any(sum(index) <= 1 for index, _ in members))

    @functools.cached_property
    def products(self) -> tuple[tuple[int, int, int, float], ...]:
        r"""All $(i, j, k, w)$ with $(fg)_k = \sum w f_i g_j$: the multiplication table of the truncated algebra."""
        targets: dict[MultiIndex, list[tuple[int, float]]] = {}
        for k, members in enumerate(self.members):
            for index, weight in members:
                targets.setdefault(index, []).append((k, weight))
        pairs = itertools.product(enumerate(self.indices), repeat=2)
        return tuple((i, j, k, w) for (i, a), (j, b) in pairs for k, w in targets.get(_add(a, b), ()))


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
