"""Writing into the text of a study without touching anything else in it. The one home of tomlkit."""

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, Item, Key, Table

from hpcpinn.errors import StudyError
from hpcpinn.study import toml

_Body = list[tuple[Key | None, Item]]


def with_preset(text: str, preset: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with the keys of a preset in their tables, its line as a comment, and the end of every line as it was.

    Every key stands behind the last one of its table, with the name of the preset as a comment. An inline table, which
    has no room for comments, says behind it which keys are not the user's. A table that is not there comes last.

    Raises:
        StudyError: the tables are written in a way that leaves no room for more keys.
    """
    lines = text.replace("\r\n", "\n")
    try:
        written = _inscribed(lines if lines.endswith("\n") else lines + "\n", preset, tables)
    except (TOMLKitError, RecursionError) as error:
        raise _no_room(preset, tables) from error
    if not _says(written, lines, tables):
        raise _no_room(preset, tables)
    return written.replace("\n", "\r\n") if "\r\n" in text else written


def _inscribed(text: str, preset: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    document = tomlkit.parse(text)
    _comment_out(document.body, "preset", preset)
    for section, values in tables.items():
        table = document.get(section)
        if isinstance(table, InlineTable):
            _fill_inline(table, preset, values)
        elif isinstance(table, Table):
            _fill(table.value, preset, values)
        else:
            made = tomlkit.table()
            _fill(made.value, preset, values)
            document.append(section, made)
    return document.as_string()


def _comment_out(body: _Body, name: str, value: str) -> None:
    (place,) = (k for k, (key, _) in enumerate(body) if key is not None and key.key == name)
    trivia = body[place][1].trivia
    rest = trivia.comment_ws + trivia.comment
    body[place] = (None, tomlkit.comment(toml.line(name, value) + rest))


def _fill(table: Container, preset: str, values: Mapping[str, Any]) -> None:
    """Into the body itself: `append` comes behind the comments before the next table."""
    places = [k for k, (key, item) in enumerate(table.body) if key is not None and not isinstance(item, Table | AoT)]
    lines: _Body = []
    for key, value in values.items():
        item = tomlkit.item(value).comment(preset)
        item.trivia.comment_ws = "  "
        lines.append((tomlkit.key(key), item))
    end = places[-1] + 1 if places else 0
    table.body[end:end] = lines


def _fill_inline(table: InlineTable, preset: str, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        table.append(key, value)
    note = f"{preset}: {', '.join(values)}"
    table.comment("; ".join(filter(None, (table.trivia.comment.lstrip("# "), note))))


def _says(written: str, text: str, tables: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a text says what another one does, without its preset and with more keys."""
    wanted = {key: value for key, value in tomllib.loads(text).items() if key != "preset"}
    wanted |= {section: {**wanted.get(section, {}), **values} for section, values in tables.items()}
    try:
        return tomllib.loads(written) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _no_room(preset: str, tables: Mapping[str, Mapping[str, Any]]) -> StudyError:
    named = ", ".join(f"[{section}]" for section in tables)
    return StudyError(
        f"the preset `{preset}` adds keys to {named}, and the way they are written here leaves no room for them; "
        f"allowed: tables that begin with a line of their own. Write `[{next(iter(tables), 'network')}]` on such a "
        f"line, and its keys below it."
    )
