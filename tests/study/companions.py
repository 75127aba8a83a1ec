"""What has to stand beside a key of a study so that something reads it."""

from typing import Any

from hpcpinn.study import methods


def beside(section: str, name: str, value: object = None) -> dict[str, dict[str, Any]]:
    """The tables that make a key of a section readable, with keys that are no default."""
    if section == "weights":
        return {"training": {"weighting": "fixed"}}
    if section == "training":
        return _of_value(value)
    if section == "curriculum":
        return {"curriculum": {"parameter": "speed", "values": [1.0, 10.0], "every": 7}}
    if section == "batch":
        return {"batch": {"residual": 16}}
    if section not in methods.READ:
        return {}
    rule = next(rule for rule, keys in methods.READ[section].items() if name in keys)
    return {"training": {section: rule, **_of_value(rule).get("training", {})}}


def _of_value(value: object) -> dict[str, dict[str, Any]]:
    """What an optimiser or a weighting asks for, nothing for any other value."""
    asked: dict[object, dict[str, dict[str, Any]]] = {
        "adam": {"training": {"learning_rate": 1e-3}},
        "fixed": {"weights": {"boundary": 2.0}},
    }
    return asked.get(value, {}) if isinstance(value, str) else {}
