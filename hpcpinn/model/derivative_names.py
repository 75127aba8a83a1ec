r"""Names of derivatives: `u_xxt` is $\partial_x^2 \partial_t u$ for a field `u` and coordinates `x`, `t`."""

import re
from collections.abc import Sequence

from hpcpinn import errors
from hpcpinn.model.channels import MultiIndex

MAX_ORDER = 4


def parse(name: str, fields: Sequence[str], coordinates: Sequence[str]) -> tuple[int, MultiIndex]:
    """Which field and which multi-index a name asks for.

    Raises:
        ProblemError: the name is neither a field nor a derivative of one, or of an order above four.

    >>> parse("u_xxt", fields=("u", "v"), coordinates=("t", "x"))
    (0, (1, 2))
    """
    for position, field in enumerate(fields):
        if name == field:
            return position, (0,) * len(coordinates)
        index = _suffix(name.removeprefix(f"{field}_"), coordinates) if name.startswith(f"{field}_") else None
        if index is not None:
            return position, _limited(name, index)
    examples = [*fields, *(f"{field}_{coordinate}" for field in fields for coordinate in coordinates)]
    raise errors.ProblemError(
        f"`f.{name}` is neither a field nor a derivative of one; {errors.nearest(name, examples)} "
        f"Derivatives up to order {MAX_ORDER} repeat the coordinate: `f.{fields[0]}_{coordinates[-1] * 2}`."
    )


def is_derivative(name: str, field: str, coordinates: Sequence[str]) -> bool:
    """Whether a name means a derivative of a field, of any order from one."""
    return name.startswith(f"{field}_") and _suffix(name.removeprefix(f"{field}_"), coordinates) is not None


def _suffix(suffix: str, coordinates: Sequence[str]) -> MultiIndex | None:
    longest_first = sorted(coordinates, key=len, reverse=True)
    pattern = "|".join(re.escape(coordinate) for coordinate in longest_first)
    if not re.fullmatch(f"(?:{pattern})+", suffix):
        return None
    found = re.findall(pattern, suffix)
    return tuple(found.count(coordinate) for coordinate in coordinates)


def _limited(name: str, index: MultiIndex) -> MultiIndex:
    if sum(index) > MAX_ORDER:
        raise errors.ProblemError(
            f"`f.{name}` is a derivative of order {sum(index)}; allowed: up to order {MAX_ORDER}. "
            "Write the equation as a system of lower order with one more field."
        )
    return index
