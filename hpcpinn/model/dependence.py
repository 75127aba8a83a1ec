r"""Through which fixed combinations of derivatives a term sees them: read off its program, never by probing.

The program of a term (its jaxpr) is run with abstract numbers. Of the derivatives that are asked about, $d_{k\gamma}$
for the field $k$ and a candidate multi-index $\gamma$, every value in the program is known to be
$$v = \sum_{k\gamma} a_{k\gamma} d_{k\gamma} + g(\{b_i \cdot d_k\}, \text{everything else})$$
with constants $a$, *directions* $b_i$ (one number per candidate) and an unknown function $g$. Sums and products with
known numbers keep the linear part; any other operation turns the rows of $a$ into directions (abstract interpretation,
Cousot and Cousot, POPL 1977). An operation without a rule is therefore no error: it ends what is known to be linear.

What is found holds for the value of the program and for its derivatives as JAX takes them: functions with derivatives
of their own (`jax.custom_jvp`, `stop_gradient`) have no rule.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, JaxprEqn, Literal
from jax.extend.core import primitives as p

from hpcpinn.model import precision
from hpcpinn.model.channels import MultiIndex
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term

Read = tuple[int, MultiIndex]
Direction = tuple[Fraction, ...]

_FLOAT64 = precision.DTYPES["float64"]


def directions(
    problem: Problem, term: Term, reads: Sequence[Read], candidates: Sequence[MultiIndex]
) -> frozenset[Direction]:
    r"""All $b$ through whose products $b \cdot d_k$ alone a term depends on the candidate derivatives of its fields.

    Args:
        problem: the problem with its parameters, which are the constants of the program.
        term: one of its terms.
        reads: every (field, multi-index) that the term reads.
        candidates: the multi-indices asked about; all other reads count as independent variables.

    Returns:
        Directions, one exact number per candidate, the largest of which is one: $3 u_{xx} + 3 u_{yy}$ gives (1, 1).
    """
    program = _program(problem, term, reads)
    coordinates = [_Value()] * len(problem.coordinates)
    (result,) = _interpret(program, [*coordinates, *(_read(read, candidates) for read in reads)])
    return result.all_directions()


@dataclass(frozen=True)
class _Value:
    """What is known of one value, an array of any shape of which every entry is like this."""

    linear: Mapping[int, Direction] = field(default_factory=dict)  # the rows of a, by field
    directions: frozenset[Direction] = frozenset()
    constant: float | None = None  # the value itself where it depends on nothing and is known

    def all_directions(self) -> frozenset[Direction]:
        return self.directions | {_normalised(row) for row in self.linear.values() if any(row)}

    def scaled(self, factor: Fraction) -> "_Value":
        rows = {which: tuple(factor * a for a in row) for which, row in self.linear.items()}
        return _Value(rows, self.directions)


def _program(problem: Problem, term: Term, reads: Sequence[Read]) -> ClosedJaxpr:
    names = tuple(problem.coordinates)

    def evaluate(x: Sequence[Any], values: Sequence[Any]) -> Any:
        by_read = dict(zip(reads, values, strict=True))
        fields = Fields(problem.fields, names, lambda position, index: by_read[position, index])
        return term.evaluate(problem, Point(dict(zip(names, x, strict=True))), fields)

    scalar = jax.ShapeDtypeStruct((), _FLOAT64)
    return jax.make_jaxpr(evaluate)([scalar] * len(names), [scalar] * len(reads))


def _interpret(program: ClosedJaxpr, inputs: Sequence[_Value]) -> list[_Value]:
    body = program.jaxpr
    known: dict[Any, _Value] = dict(zip(body.constvars, map(_known, program.consts), strict=True))
    known |= zip(body.invars, inputs, strict=True)

    def value(atom: Any) -> _Value:
        return _known(atom.val) if isinstance(atom, Literal) else known[atom]

    for equation in body.eqns:
        results = _apply(equation, [value(atom) for atom in equation.invars])
        known |= zip(equation.outvars, results, strict=True)
    return [value(atom) for atom in body.outvars]


def _apply(equation: JaxprEqn, inputs: Sequence[_Value]) -> list[_Value]:
    if equation.primitive is p.jit_p:
        return _interpret(equation.params["jaxpr"], inputs)
    rule = _RULES.get(equation.primitive)
    # In other types there is another arithmetic: whole numbers are divided with a remainder, and conversions round.
    if rule is not None and getattr(equation.outvars[0].aval, "dtype", None) == _FLOAT64:
        return [rule(*inputs) or _unknown(inputs)]
    return [_unknown(inputs)] * len(equation.outvars)


def _read(read: Read, candidates: Sequence[MultiIndex]) -> _Value:
    which, index = read
    return _Value({which: tuple(Fraction(index == candidate) for candidate in candidates)})


def _known(value: Any) -> _Value:
    """A number in the text of the program; arrays are not looked into."""
    kind = jnp.result_type(value)
    real = jnp.issubdtype(kind, np.floating) or jnp.issubdtype(kind, np.integer)
    return _constant(float(value)) if real and np.ndim(value) == 0 else _Value()


def _constant(value: float) -> _Value:
    return _Value(constant=value if math.isfinite(value) else None)


def _unknown(inputs: Sequence[_Value]) -> _Value:
    """Any function of the inputs."""
    return _Value(directions=frozenset[Direction]().union(*(value.all_directions() for value in inputs)))


def _sum(left: _Value, right: _Value) -> _Value:
    if left.constant is not None and right.constant is not None:
        return _constant(left.constant + right.constant)
    rows = dict(left.linear)
    for which, row in right.linear.items():
        rows[which] = tuple(a + b for a, b in zip(rows.get(which, (Fraction(0),) * len(row)), row, strict=True))
    return _Value(rows, left.directions | right.directions)


def _negative(value: _Value) -> _Value:
    return value.scaled(Fraction(-1)) if value.constant is None else _constant(-value.constant)


def _difference(left: _Value, right: _Value) -> _Value:
    return _sum(left, _negative(right))


def _product(left: _Value, right: _Value) -> _Value | None:
    if left.constant is not None and right.constant is not None:
        return _constant(left.constant * right.constant)
    if left.constant is not None:
        return right.scaled(Fraction(left.constant))
    return left.scaled(Fraction(right.constant)) if right.constant is not None else None


def _quotient(left: _Value, right: _Value) -> _Value | None:
    if not right.constant:
        return None
    if left.constant is not None:
        return _constant(left.constant / right.constant)
    return left.scaled(1 / Fraction(right.constant))


def _same(value: _Value, *_sizes: _Value) -> _Value:
    return value


def _normalised(row: Direction) -> Direction:
    largest = max(row, key=abs)
    return tuple(a / largest for a in row)


# Operations entry by entry, or entries in another place: what holds for every entry before holds for every one after.
_RULES: dict[Any, Callable[..., _Value | None]] = {
    p.add_p: _sum,
    p.add_jaxvals_p: _sum,
    p.sub_p: _difference,
    p.neg_p: _negative,
    p.mul_p: _product,
    p.div_p: _quotient,
    p.convert_element_type_p: _same,
    p.broadcast_in_dim_p: _same,
    p.reshape_p: _same,
    p.squeeze_p: _same,
    p.copy_p: _same,
}
