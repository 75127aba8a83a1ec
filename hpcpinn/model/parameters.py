"""Parameters of a problem: values checked against the annotations of its class."""

import inspect
import math
import typing
from collections.abc import Mapping
from typing import Any

from hpcpinn import errors
from hpcpinn.model.problem import Problem

_ALLOWED = {float: "a finite number", int: "a whole number", bool: "true or false", str: "a text"}


def checked(problem: type[Problem], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the class wants them: a whole number becomes a float where a float is annotated.

    Raises:
        ProblemError: a parameter that does not exist, one of another type, or one that has no default and is left out.
    """
    _check_names(problem, values)
    types = _types(problem)
    return {name: _converted(problem, name, value, types.get(name)) for name, value in values.items()}


def defaults(problem: type[Problem]) -> dict[str, Any]:
    """The parameters of a problem class with their defaults; those that must be given are left out."""
    signature = inspect.signature(problem)
    return {name: one.default for name, one in signature.parameters.items() if one.default is not one.empty}


def _check_names(problem: type[Problem], values: Mapping[str, Any]) -> None:
    names = problem.parameter_names()
    for name in values:
        if name not in names:
            allowed = errors.nearest(name, names) if names else "it has no parameters."
            raise errors.ProblemError(f"problem `{problem.__name__}` has no parameter `{name}`; {allowed}")
    for name in names:
        if name not in values and name not in defaults(problem):
            raise errors.ProblemError(
                f"problem `{problem.__name__}` needs a value of its parameter `{name}`, which has no default. "
                f"Write `{name} = ...` under [problem_parameters]."
            )


def _types(problem: type[Problem]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(problem)
    except Exception:  # a name in quotes that means nothing: the value is then the user's own business
        return {}


def _converted(problem: type[Problem], name: str, value: Any, annotation: Any) -> Any:
    if annotation is float and type(value) is int:
        value = float(value)
    if annotation not in _ALLOWED or _fits(value, annotation):
        return value
    raise errors.ProblemError(
        f"parameter `{name}` of problem `{problem.__name__}` is {value!r}; allowed: {_ALLOWED[annotation]}. "
        f"Correct `{name}` under [problem_parameters]."
    )


def _fits(value: Any, annotation: type) -> bool:
    if isinstance(value, bool):
        return annotation is bool
    return isinstance(value, annotation) and (annotation is not float or math.isfinite(value))
