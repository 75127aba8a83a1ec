"""Studies as nested tables, their text, and what reading them gives."""

import json
from pathlib import Path

import pytest

from hpcpinn.errors import HpcpinnError
from hpcpinn.study.reading import parse_study


def _scalar(value):
    return str(value) if isinstance(value, float) else json.dumps(value)


def _written(tables):
    top = [f"{key} = {_scalar(value)}" for key, value in tables.items() if not isinstance(value, dict)]
    for name, table in tables.items():
        if isinstance(table, dict):
            top += [f"[{name}]", *(f"{json.dumps(key)} = {_scalar(value)}" for key, value in table.items())]
    return "\n".join(top) + "\n"


def _tables(changes):
    """A small study; `section__key=value` changes it, and `None` takes a key or section away."""
    tables = {
        "name": "small",
        "problem": "poisson1d",
        "sweep": {"width": [8, 16], "depth": [1], "seed": 2},
        "network": {},
        "points": {"residual": 64, "boundary": 2},
    }
    for path, value in changes.items():
        *section, key = path.split("__")
        table = tables.setdefault(section[0], {}) if section else tables
        table[key] = value
        if value is None:
            del table[key]
    return tables


@pytest.fixture(scope="session")
def text():
    """Writes the small study with changes; a dotted key is given through `sweep={...}`."""
    return lambda sweep=(), **changes: _written(_with_sweep(_tables(changes), dict(sweep)))


def _with_sweep(tables, more):
    return tables | {"sweep": tables["sweep"] | more} if more else tables


@pytest.fixture(scope="session")
def study(text):
    """Reads the small study with changes."""
    return lambda sweep=(), **changes: parse_study(text(sweep, **changes), Path())


@pytest.fixture(scope="session")
def refusal():
    """The message with which a text is refused."""

    def message(written, folder=Path()):
        with pytest.raises(HpcpinnError) as caught:
            parse_study(written, folder, "x.toml")
        assert str(caught.value).startswith("x.toml: ")
        return str(caught.value).removeprefix("x.toml: ")

    return message
