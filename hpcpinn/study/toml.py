"""Spelling values the way a study file does, so that what an error says can be copied into one."""

import json
import re

_BARE = re.compile(r"[A-Za-z0-9_-]+")
LONGEST = 72  # characters of a value in a message; a longer one is cut


def spelled(value: object) -> str:
    """Write a value as TOML on one line, cut when it is long.

    >>> spelled(["tanh", True, 1e-5])
    '["tanh", true, 1e-05]'
    """
    text = _whole(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def line(key: str, value: object) -> str:
    """Write `key = value`; a key that is dotted, or not plain letters, takes quotes.

    >>> line("training.steps", 100)
    '"training.steps" = 100'
    """
    written = key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{written} = {spelled(value)}"


def _whole(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() if not -(2**63) <= value < 2**63:
            return hex(value)  # Python refuses to write more than 4300 decimal digits
        case list() | tuple():
            return f"[{', '.join(map(_whole, value))}]"
        case dict():
            return "{" + ", ".join(f"{key} = {_whole(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)
