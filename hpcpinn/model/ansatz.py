r"""The hard boundary ansatz: fields $\hat u(x) = h(x, u(x))$ that satisfy boundary conditions by construction.

$h$ is the user's function of plain numbers. The jet of $\hat u$ is exact nevertheless: the jet of $u$ is a polynomial
$T$ with the same derivatives at $x$, so $\partial^\alpha \hat u(x) = \partial^\alpha_y\, h(y, T(y - x))|_{y = x}$,
which nested forward differentiation gives for a handful of fields at a negligible cost beside the network. Where a
channel carries a combination $s$ of derivatives, $T$ is any polynomial with this combination: $\hat u_s = h_u u_s +
\ldots$, and the rest depends on lower derivatives only.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn import errors
from hpcpinn.model import channels, precision
from hpcpinn.model.channels import MultiIndex
from hpcpinn.model.jet import Jet
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem

_Map = Callable[[Float[Array, " coordinate"]], Float[Array, " field"]]


def rewrite(problem: Problem, outputs: Jet, x: Float[Array, " coordinate"]) -> Jet:
    """The jet of the rewritten fields; the same jet when the problem has no ansatz."""
    if problem.hard is None or _is_identity(problem, outputs.value, x):
        return outputs

    def rewritten(y: Float[Array, " coordinate"]) -> Float[Array, " field"]:
        return apply(problem, _taylor(outputs, y - x), y)

    def coefficient(index: MultiIndex) -> Float[Array, " field"]:
        return derivative(rewritten, index)(x) / channels.factorial(index)

    rows = [sum(weight * coefficient(index) for index, weight in members) for members in outputs.channels.members]
    return Jet(outputs.channels, jnp.stack(rows))


def rewrites(problem: Problem) -> bool:
    """Whether a problem has an ansatz with its parameters: found by an abstract call, without any device."""
    if problem.hard is None:
        return False
    scalar = precision.DTYPES["float64"]
    values = jax.ShapeDtypeStruct((len(problem.fields),), scalar)
    x = jax.ShapeDtypeStruct((len(problem.coordinates),), scalar)
    found: list[bool] = []
    jax.eval_shape(lambda *inputs: found.append(not _is_identity(problem, *inputs)), values, x)
    return found[0]


def apply(problem: Problem, values: Float[Array, " field"], x: Float[Array, " coordinate"]) -> Float[Array, " field"]:
    """The rewritten values of the fields at a point; the problem must have an ansatz."""
    result, fields = _call(problem, values, x)
    return values if result is fields else by_field(problem, result, values)


def by_field(problem: Problem, result: Any, missing: Float[Array, " field"] | None) -> Float[Array, " field"]:
    """A user's scalar or dict of fields as an array; fields that a dict leaves out are taken from `missing`.

    Raises:
        ProblemError: a field that does not exist, or one that is missing and has no replacement.
    """
    if not isinstance(result, dict):
        result = {_only_field(problem): result}
    for name in result:
        if name not in problem.fields:
            raise errors.ProblemError(
                f"`exact` or `hard` of problem `{type(problem).__name__}` returns `{name}`; "
                f"{errors.nearest(str(name), problem.fields)} Return a dict by field, or a scalar for a single field."
            )
    return jnp.stack([_one_field(problem, result, missing, k) for k in range(len(problem.fields))])


def _only_field(problem: Problem) -> str:
    first, *others = problem.fields
    if others:
        raise errors.ProblemError(
            f"`exact` or `hard` of problem `{type(problem).__name__}` returns one value for the fields "
            f'{", ".join(problem.fields)}; allowed: a dict by field. Write return {{"{first}": ...}}.'
        )
    return first


def _one_field(problem: Problem, result: dict[str, Any], missing: Array | None, position: int) -> Array:
    name = problem.fields[position]
    if name in result:
        return jnp.asarray(result[name])
    if missing is None:
        raise errors.ProblemError(
            f"`exact` of problem `{type(problem).__name__}` leaves out the field `{name}`; allowed: a dict with all of "
            f"{', '.join(problem.fields)}."
        )
    return missing[position]


def _call(problem: Problem, values: Float[Array, " field"], x: Float[Array, " coordinate"]) -> tuple[Any, Fields]:
    if problem.hard is None:
        raise ValueError(f"problem {type(problem).__name__} has no boundary ansatz")
    coordinates = tuple(problem.coordinates)

    def read(field: int, index: MultiIndex) -> Array:
        if any(index):
            raise errors.ProblemError(
                f"`hard` of problem `{type(problem).__name__}` reads a derivative; allowed: the fields "
                f"{', '.join(problem.fields)} themselves and the coordinates."
            )
        return values[field]

    fields = Fields(problem.fields, coordinates, read)
    return problem.hard(Point(dict(zip(coordinates, x, strict=True))), fields), fields


def _is_identity(problem: Problem, values: Float[Array, " field"], x: Float[Array, " coordinate"]) -> bool:
    result, fields = _call(problem, values, x)
    return result is fields


def _taylor(outputs: Jet, step: Float[Array, " coordinate"]) -> Float[Array, " field"]:
    monomials = [_monomial(step, index) for index in outputs.channels.indices]
    return jnp.sum(jnp.stack(monomials)[:, None] * outputs.coefficients, axis=0)


def _monomial(step: Float[Array, " coordinate"], index: MultiIndex) -> Float[Array, ""]:
    # Repeated products: the derivative of a power at zero is what is wanted here, and 0**0 has none.
    result = jnp.ones((), step.dtype)
    for k, power in enumerate(index):
        for _ in range(power):
            result = result * step[k]
    return result


def derivative(function: _Map, index: MultiIndex) -> _Map:
    """A partial derivative of a function of the coordinates, by nested forward differentiation."""
    for k, power in enumerate(index):
        for _ in range(power):
            function = _along(function, k)
    return function


def _along(function: _Map, coordinate: int) -> _Map:
    def slope(x: Float[Array, " coordinate"]) -> Float[Array, " field"]:
        direction = jnp.zeros_like(x).at[coordinate].set(1)
        return jax.jvp(function, (x,), (direction,))[1]

    return slope
