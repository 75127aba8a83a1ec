"""A solution on a tensor grid, and between its points."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from hpcpinn.errors import ProblemError


@dataclass(frozen=True, eq=False)
class Solution:
    r"""Fields on a tensor grid; in between they are splines of odd degree $k$, whose error is $O(h^{k+1})$.

    Attributes:
        axes: increasing values of every coordinate, from one end of the domain to the other, in the order of the
            problem's `coordinates`; more than `degree` of each.
        fields: what was solved for by its name, with one dimension for each axis.
        degree: degree k of the splines, 3 or 5. Near a jump the lower one rings less.

    Raises:
        ProblemError: axes that do not increase, or fields that do not fit them or are not numbers.
    """

    axes: Mapping[str, np.ndarray]
    fields: Mapping[str, np.ndarray]
    degree: int = 5

    def __post_init__(self) -> None:
        """Check that fields and axes fit together."""
        if self.degree not in (3, 5):
            raise ProblemError(f"`degree` of a solution is {self.degree}; allowed: 3 or 5.")
        for name, values in self.axes.items():
            _check_axis(name, np.asarray(values), self.degree)
        shape = tuple(len(values) for values in self.axes.values())
        for name, values in self.fields.items():
            _check_field(name, np.asarray(values), shape, tuple(self.axes))

    def at(self, points: Float[np.ndarray, "point coordinate"]) -> dict[str, Float[np.ndarray, " point"]]:
        """The fields at points inside the axes.

        Raises:
            ProblemError: a point lies outside, where nothing is known.
        """
        for (name, values), column in zip(self.axes.items(), points.T, strict=True):
            wrong = column[(column < values[0]) | (column > values[-1])]
            if wrong.size:
                raise ProblemError(
                    f"a solution was asked for at {name} = {wrong[0]:g}; allowed: {values[0]:g} to {values[-1]:g}, "
                    f"where it is given. Let its axis `{name}` reach from one end of the domain to the other."
                )
        return {name: spline(points) for name, spline in self._splines.items()}

    @cached_property
    def _splines(self):  # noqa: ANN202  # scipy takes 0.2 s to import, and is imported when it is needed
        from scipy.interpolate import NdBSpline, make_interp_spline

        splines = {}
        for name, values in self.fields.items():
            knots, coefficients = [], np.asarray(values, float)
            for position, axis in enumerate(self.axes.values()):
                along = make_interp_spline(axis, coefficients, k=self.degree, axis=position)
                knots.append(along.t)
                coefficients = np.moveaxis(along.c, 0, position)
            splines[name] = NdBSpline(tuple(knots), coefficients, self.degree)
        return splines


def _check_axis(name: str, values: np.ndarray, degree: int) -> None:
    increasing = values.ndim == 1 and len(values) > degree and np.all(np.diff(values) > 0)
    if not (increasing and np.isfinite(values).all()):
        raise ProblemError(
            f"the axis `{name}` of a solution is {np.array2string(values, threshold=6)}; allowed: at least "
            f"{degree + 1} finite numbers that increase."
        )


def _check_field(name: str, values: np.ndarray, shape: tuple[int, ...], axes: tuple[str, ...]) -> None:
    if values.shape != shape:
        raise ProblemError(
            f"the field `{name}` of a solution has the shape {values.shape}; allowed: {shape}, one dimension for each "
            f"of the axes {', '.join(axes)}. Transpose it, or correct the axes."
        )
    if not np.isfinite(values).all():
        raise ProblemError(f"the field `{name}` of a solution is not finite everywhere; allowed: finite numbers.")
