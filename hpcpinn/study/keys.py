"""The catalogue of keys: which there are in which section, what each may be, and which can be an axis."""

import typing
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from hpcpinn.study.configuration import (
    Batch,
    Curriculum,
    Kernel,
    Limit,
    Network,
    Optimizer,
    Points,
    Section,
    Training,
    Weighting,
    Weights,
)

SECTIONS: dict[str, type[Section]] = {
    "network": Network,
    "points": Points,
    "training": Training,
    "optimizer": Optimizer,
    "weighting": Weighting,
    "weights": Weights,
    "batch": Batch,
    "curriculum": Curriculum,
    "kernel": Kernel,
    "limit": Limit,
}
TABLES = ("problem_parameters", "sweep", *SECTIONS)
OPEN = ("problem_parameters", "points", "weights", "batch")  # the problem decides what stands in them
TOP = ("name", "problem", "preset", *TABLES)
SHORT = {"width": "network.width", "depth": "network.depth", "seed": "seed"}  # what [sweep] may leave out
SEED = "seed"  # the one axis that is a key of no section


@dataclass(frozen=True)
class Key:
    """A key of a section: `meaning` says what is allowed unless `choices` lists it, `examples` what to type.

    Its `default` is what it has where it is not given, None for a key that has to be given or has no one default.
    """

    section: str
    name: str
    meaning: str
    examples: tuple[object, ...]
    choices: tuple[str, ...] = ()
    fixed: str = ""  # why it cannot be an axis; empty when it can
    default: object = None

    @property
    def dotted(self) -> str:
        """The key as `[sweep]` names it."""
        return f"{self.section}.{self.name}"

    @property
    def swept(self) -> str:
        """The key in the shortest form that `[sweep]` takes."""
        return short(self.dotted)


def find(section: str, name: str) -> Key | None:
    """Look up a key of a section; None when there is none of that name."""
    if name in names(section):
        return _declared(section, name, SECTIONS[section].model_fields[name])
    if not name.isidentifier():
        return None
    if section == "points":
        return Key(section, name, "a positive integer, the rows of a term", (64, 256))
    if section == "batch":
        return Key(section, name, "a positive integer, the rows of a term in one step", (128, 64))
    if section == "weights":
        return Key(section, name, "a positive number, the factor of a term", (100.0, 1.0))
    if section == "problem_parameters":
        return Key(section, name, "a finite number, a text, true or false", (1, 2))
    return None


def short(dotted: str) -> str:
    """The form of a dotted key that `[sweep]` prefers: `width` for `network.width`."""
    return next((short for short, full in SHORT.items() if full == dotted), dotted)


def names(section: str) -> tuple[str, ...]:
    """The declared keys of a section."""
    return tuple(SECTIONS[section].model_fields) if section in SECTIONS else ()


def homes(name: str) -> list[str]:
    """The tables in which a key of this name may stand.

    >>> homes("width"), homes("loss")
    (['sweep', 'network'], ['training'])
    """
    return [*(["sweep"] if name in SHORT else []), *(section for section in SECTIONS if name in names(section))]


def sweepable() -> Iterator[str]:
    """What `[sweep]` may hold; `<term>` and `<name>` stand for names that the problem decides."""
    yield from SHORT
    for section in SECTIONS:
        for key in filter(None, (find(section, name) for name in names(section))):
            if not key.fixed and key.swept == key.dotted:
                yield key.dotted
    yield from ("points.<term>", "weights.<term>", "batch.<term>", "problem_parameters.<name>")


def _declared(section: str, name: str, field: FieldInfo) -> Key:
    choices = typing.get_args(field.annotation) if typing.get_origin(field.annotation) is typing.Literal else ()
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    examples = tuple(field.examples or choices)
    default = None if field.is_required() else field.get_default()
    return Key(section, name, field.description or "", examples, choices, str(extra.get("fixed", "")), default)
