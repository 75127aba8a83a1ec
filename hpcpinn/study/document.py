"""A study file as nested tables: its syntax, its top level and its name, before any section is looked into."""

import difflib
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from hpcpinn.errors import StudyError, nearest
from hpcpinn.study import keys, presets, refusal, toml

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Document:
    """A study as written: `sections` holds `problem` and every table but `[sweep]`, those left out as empty ones.

    `[training]` alone stays away when it is left out: without it nothing is trained. `preset` is empty where there is
    none, and nothing of it is in `sections`: `study.expansion` writes it into the text.
    """

    name: str
    sweep: dict[str, Any]
    sections: dict[str, Any]
    preset: str = ""


def parse(text: str) -> Document:
    """Read the text of a study file.

    Raises:
        StudyError: the text is not TOML, a top-level key is unknown, missing or not a table, or there is no such name
            or preset.
    """
    tables = _toml(text)
    for key, value in tables.items():
        _check_top(key, value)
    name, problem = (_required(tables, key) for key in ("name", "problem"))
    if not _NAME.fullmatch(name):
        raise StudyError(
            f"`name` cannot be {toml.spelled(name)}; allowed: at most 100 letters, digits and `.`, `_`, `-`, beginning "
            f'with a letter or digit. Write for example `name = "poisson1d-width"`.'
        )
    sections = {key: tables.get(key, {}) for key in keys.TABLES if key not in ("sweep", "training")}
    trained = {"training": tables["training"]} if "training" in tables else {}
    sections = {"problem": problem, **sections, **trained}
    preset = _preset(tables["preset"]) if "preset" in tables else ""
    return Document(name, tables.get("sweep", {}), sections, preset)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        what, _, where = str(error).partition(" (at ")
        place = f"{where.removesuffix(')')}: " if where else ""
        raise StudyError(
            f"{place}{what}; allowed: TOML, in which texts take quotes and a key stands once. "
            f"Correct this place, as in `{toml.line('activation', 'tanh')}`."
        ) from error


def _check_top(key: str, value: Any) -> None:
    if key not in keys.TOP:
        allowed = nearest(key, keys.TOP)
        raise StudyError(f"`{key}` is not a key or section of a study; {allowed} {refusal.home(key)}")
    if key in keys.TABLES and not isinstance(value, dict):
        raise StudyError(
            f"`{key}` cannot be {toml.spelled(value)}; allowed: a table. Write `[{key}]` on a line of its own, and its "
            f"keys below it."
        )
    for name in value if key in keys.OPEN else ():
        if keys.find(key, name) is None:
            raise refusal.unknown(key, name, value[name])


def _required(tables: dict[str, Any], key: str) -> str:
    example = {"name": "poisson1d-width", "problem": "poisson1d"}[key]
    step = f"Write for example `{toml.line(key, example)}` at the top of the file."
    if key not in tables:
        raise StudyError(f"`{key}` is missing; allowed: a text. {step}")
    if not isinstance(tables[key], str):
        raise StudyError(f"`{key}` cannot be {toml.spelled(tables[key])}; allowed: a text. {step}")
    return tables[key]


def _preset(name: Any) -> str:
    known = presets.names()
    if name in known:
        return name
    example, *_ = difflib.get_close_matches(str(name), known, n=1) or known
    raise StudyError(
        f"`preset` cannot be {toml.spelled(name)}; {nearest(str(name), known)} "
        f"Write for example `{toml.line('preset', example)}` at the top of the file."
    )
