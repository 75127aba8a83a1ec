"""The table `[sweep]`: which keys are axes, and the values that each is given."""

from collections.abc import Iterator
from typing import Any

from hpcpinn.errors import StudyError, nearest
from hpcpinn.study import keys, refusal, toml
from hpcpinn.study.document import Document

MOST_SEEDS = 100_000  # a slip of the keyboard beyond it would fill the memory with seeds
LAST_SEED = 2**32 - 1


def values(document: Document) -> dict[str, list[Any]]:
    """The values of every swept key of a section, as written; a single value is a list of one.

    Raises:
        StudyError: a key does not exist, cannot be swept, has no values, or is given a value elsewhere too.
    """
    swept: dict[str, list[Any]] = {}
    for written, value in _leaves(document.sweep):
        if written == keys.SEED:
            continue
        key = _key(written, value)
        _check_place(key, written, value, document, swept)
        swept[key.dotted] = _listed(key.swept, value, key.examples)
    return swept


def seeds(document: Document) -> tuple[int, ...]:
    """The seeds: `seed = 20` is 0 to 19, a list is itself, and without either there is the one seed 0.

    Raises:
        StudyError: not a positive count, or not a list of integers that can be seeds.
    """
    value = document.sweep.get(keys.SEED, 1)
    if isinstance(value, list):
        for seed in _listed(keys.SEED, value, (0, 1, 2)):
            if not _whole(seed, 0, LAST_SEED):
                raise _seed(f"a list with {toml.spelled(seed)} in it", f"integers from 0 to {LAST_SEED}", [0, 1, 2])
        return tuple(value)
    if not _whole(value, 1, MOST_SEEDS):
        raise _seed(toml.spelled(value), f"a count from 1 to {MOST_SEEDS}, or a list of seeds", 20)
    return tuple(range(value))


def _leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its value: `training.steps` without quotes is a table in the table, and means the same."""
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _key(written: str, value: object) -> keys.Key:
    section, _, name = keys.SHORT.get(written, written).partition(".")
    key = keys.find(section, name)
    if key is None:
        homes = [f"`{toml.line(f'{home}.{written}', value)}`" for home in keys.homes(written)]
        step = f"Write {' or '.join(homes)}." if homes else "Correct or remove it."
        raise StudyError(f"`{written}` in [sweep] is not a key; {nearest(written, keys.sweepable())} {step}")
    if key.fixed:
        raise StudyError(
            f"`{written}` cannot be swept: {key.fixed}; allowed: its own section. "
            f"Write `{toml.line(key.name, key.examples[0])}` under [{section}]."
        )
    return key


def _check_place(key: keys.Key, written: str, value: object, document: Document, swept: dict[str, list[Any]]) -> None:
    here = (toml.line(written, value), "sweep")
    if key.section not in document.sections:
        raise StudyError(
            f"`{written}` is swept and the study has no [{key.section}]; allowed: keys of sections that it has. "
            f"Write `[{key.section}]` with its other keys below it, or remove `{toml.line(written, value)}`."
        )
    table = document.sections[key.section]
    if key.name in table:
        raise refusal.twice(key.dotted, here, (toml.line(key.name, table[key.name]), key.section))
    if key.dotted in swept:
        raise refusal.twice(key.dotted, here, (toml.line(key.swept, swept[key.dotted]), "sweep"))


def _listed(written: str, value: object, examples: tuple[object, ...]) -> list[Any]:
    if value == []:
        raise StudyError(
            f"`{written}` cannot be swept over []; allowed: at least one value. "
            f"Write for example `{toml.line(written, examples)}` under [sweep]."
        )
    return value if isinstance(value, list) else [value]


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _seed(given: str, allowed: str, example: object) -> StudyError:
    step = f"Write for example `{toml.line(keys.SEED, example)}` under [sweep]."
    return StudyError(f"`seed` cannot be {given}; allowed: {allowed}. {step}")
