"""What a term sees: `p`, the coordinates of a point, and `f`, the fields and their derivatives there."""

from collections.abc import Callable, Mapping
from typing import Any

from hpcpinn import errors
from hpcpinn.model import derivative_names
from hpcpinn.model.channels import MultiIndex


class Point:
    """The coordinates of one point by name: `p.t`, `p.x`."""

    def __init__(self, coordinates: Mapping[str, Any]) -> None:
        """Hold the coordinates."""
        self._coordinates = dict(coordinates)

    def __getattr__(self, name: str) -> Any:
        """One coordinate; raises ProblemError for a name that is none."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._coordinates:
            raise errors.ProblemError(f"`p.{name}` is not a coordinate; {errors.nearest(name, self._coordinates)}")
        return self._coordinates[name]


class Fields:
    """The fields at one point and their derivatives by name: `f.u`, `f.u_xx`, `f.pressure_y`."""

    def __init__(
        self, fields: tuple[str, ...], coordinates: tuple[str, ...], read: Callable[[int, MultiIndex], Any]
    ) -> None:
        """Hold where values come from: `read(field, multi-index)`."""
        self._fields, self._coordinates, self._read = fields, coordinates, read

    def __getattr__(self, name: str) -> Any:
        """One field or derivative; raises ProblemError for a name that is neither."""
        if name.startswith("_"):
            raise AttributeError(name)
        field, index = derivative_names.parse(name, self._fields, self._coordinates)
        return self._read(field, index)
