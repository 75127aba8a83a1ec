r"""Channels that a term reads only in fixed combinations: $u_{xx} + u_{yy}$ needs one channel, not two.

Let a term depend on the maximal derivatives only through directions (`model/dependence.py`). The rows of their matrix
$D$, in units of Taylor coefficients, are brought to reduced row echelon form: every row is then one channel, the
coefficient of its pivot and multiples of coefficients without a pivot. This is the smallest number of channels that the
directions allow, the rank of $D$. A derivative without a pivot is taken to be zero when the term is evaluated, which
gives the same $D c$ and therefore the same term.
"""

from collections.abc import Iterable
from fractions import Fraction

from hpcpinn.model.channels import Channels, MultiIndex, factorial
from hpcpinn.model.dependence import Direction

_Rows = list[list[Fraction]]


def maximal(which: Channels) -> tuple[MultiIndex, ...]:
    """The multi-indices that are below no other one: what can share a channel.

    >>> from hpcpinn.model.channels import closure
    >>> maximal(closure([(1, 0), (0, 2)], dimension=2))
    ((1, 0), (0, 2))
    """
    return tuple(a for a in which.indices if not any(a != b and _below(a, b) for b in which.indices))


def collapsed(which: Channels, directions: Iterable[Direction]) -> Channels:
    r"""The channels of a term that depends on its maximal derivatives through the given directions only.

    Weights are relative to a pivot of the largest coefficient, and exact until they are rounded to floats at the end. A
    maximal derivative without any effect has no channel; derivatives that are not maximal keep theirs.

    >>> from hpcpinn.model.channels import closure
    >>> laplacian = collapsed(closure([(2, 0), (0, 2)], dimension=2), [(Fraction(1), Fraction(1))])
    >>> laplacian.indices, laplacian.absorbed
    (((0, 0), (0, 1), (1, 0), (0, 2)), (((2, 0), (0, 2), 1.0),))
    """
    candidates = maximal(which)
    rows = [[a * factorial(gamma) for a, gamma in zip(b, candidates, strict=True)] for b in sorted(directions)]
    reduced = _reduced(rows)
    absorbed = [
        (candidates[column], candidates[pivot], float(weight))
        for pivot, row in sorted(reduced.items())
        for column, weight in enumerate(row)
        if weight and column != pivot
    ]
    without = {gamma for column, gamma in enumerate(candidates) if column not in reduced}
    return Channels(tuple(index for index in which.indices if index not in without), tuple(absorbed))


def _reduced(rows: _Rows) -> dict[int, list[Fraction]]:
    """The reduced row echelon form by the column of the pivot, which is the largest number that is left."""
    found: dict[int, list[Fraction]] = {}
    while rows := [row for row in rows if any(row)]:
        places = [(r, c) for r, row in enumerate(rows) for c in range(len(row))]
        r, c = max(places, key=lambda place: abs(rows[place[0]][place[1]]))
        row = rows.pop(r)
        row = [a / row[c] for a in row]
        rows = [_eliminated(other, row, c) for other in rows]
        found = {pivot: _eliminated(other, row, c) for pivot, other in found.items()} | {c: row}
    return found


def _eliminated(row: list[Fraction], pivot: list[Fraction], column: int) -> list[Fraction]:
    return [a - row[column] * b for a, b in zip(row, pivot, strict=True)]


def _below(left: MultiIndex, right: MultiIndex) -> bool:
    return all(a <= b for a, b in zip(left, right, strict=True))
