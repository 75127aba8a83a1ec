"""The identity of a study: a hash of what is asked, not of how it is written down.

Name, comments, the order of keys and defaults spelled out do not count. Any other value, the order of the values of an
axis and the source of a problem of the user's own do. Values that are the default are left out, so that a later version
with more keys knows the same study; a default that changes its value needs another `FORMAT`.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

FORMAT = "hpcpinn-study-1"


def canonical(value: object) -> str:
    """Write plain data as the one JSON text of its content: keys sorted, no spaces, numbers by value.

    >>> canonical({"b": 1.0, "a": [True, 0.5]})
    '{"a":[true,0.5],"b":1}'
    """
    return json.dumps(_by_value(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical text of plain data, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def of_study(base: dict[str, Any], axes: Iterable[tuple[str, tuple[object, ...]]], problem: object) -> str:
    """Hash a study: its validated document without the swept keys, its axes, and what its problem is made of.

    Args:
        base: tables of keys without those that have their default; the values of the swept keys in it do not count.
        axes: key and values of every axis, in order.
        problem: plain data that stand for the problem.
    """
    axes = list(axes)
    swept = {key for key, _ in axes}
    tables = {
        name: {key: value for key, value in table.items() if f"{name}.{key}" not in swept}
        for name, table in base.items()
        if name != "problem"
    }
    own = {name: table for name, table in tables.items() if table}
    return digest({"format": FORMAT, "base": own, "axes": axes, "problem": problem})


def _by_value(value: object) -> object:
    """Plain data in which equal numbers are written alike: 1.0 as 1."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _by_value(item) for key, item in value.items()}
        case list() | tuple():
            return [_by_value(item) for item in value]
        case _:
            return value
