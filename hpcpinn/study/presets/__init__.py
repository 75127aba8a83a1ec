"""Presets: what the authors of a paper have chosen, one TOML file each, named like the preset.

A table of a preset has keys of the section of that name. What belongs to one optimiser stands in
`[training.<optimizer>]` and `[optimizer.<optimizer>]`, what belongs to one weighting in `[weighting.<weighting>]`.
Every key says in its comment where it is from. `study.expansion` tells which of them a study gets.
"""

import functools
import tomllib
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent

Tables = dict[str, dict[str, Any]]


def names() -> tuple[str, ...]:
    """The presets that there are."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@functools.cache
def preset(name: str) -> Tables:
    """The tables of a preset, as its file has them; not to be changed."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
