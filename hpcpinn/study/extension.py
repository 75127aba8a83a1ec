"""A study that is asked of a store which holds another one: what it adds, or why it cannot be added."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hpcpinn.errors import StudyError
from hpcpinn.study import identity, keys, toml
from hpcpinn.study.axes import Axis
from hpcpinn.study.configuration import Configuration
from hpcpinn.study.extent import Extent, Segments, Value
from hpcpinn.study.study import Study

_GROWS = "more values of the axes of its sweep, more seeds, and later steps in `training.record`"
_ELSE = "or give another store with --store"
# What a longer record changes; everything else has to stay.
_RECORDED = ("training.record", "training.steps")
_TRAINED = "[training]"


def first_extent(study: Study, seeds_per_task: int) -> Extent:
    """The extent of a store that is made for a study."""
    axes = tuple((axis.key, axis.values) for axis in study.cell_axes)
    seeds, steps = Segments(seeds_per_task, (study.seeds,)), Segments(len(study.steps), (study.steps,))
    return Extent(axes, seeds, steps, tuple(tuple(range(len(axis.values))) for axis in study.axes))


def arranged(study: Study, extent: Extent) -> Study:
    """The study of everything in an extent, with the values of its axes in the order of their positions."""
    values = {**dict(extent.axes), keys.SEED: extent.seeds.values}
    axes = tuple(Axis(axis.key, axis.name, values[axis.key]) for axis in study.axes)
    base = dict(study.base)
    if base["training"] is not None:
        record = extent.steps.values
        steps = max(base["training"]["steps"], record[-1])
        base["training"] = {**base["training"], "record": record, "steps": steps}
    return dataclasses.replace(study, axes=axes, base=base, extent=extent)


def united(extent: Extent, study: Study) -> Extent:
    """The extent with what the study adds at the end of every axis; itself if the study adds nothing.

    Raises:
        StudyError: the study records steps before the last one of the extent that are not there.
    """
    asked = {axis.key: axis.values for axis in study.axes}
    axes = tuple((key, _joined(values, asked[key])) for key, values in extent.axes)
    seeds = extent.seeds.extended(study.seeds)
    steps = _later(extent.steps, study.steps)
    if (axes, seeds, steps) == (extent.axes, extent.seeds, extent.steps):
        return extent
    _check_reached(steps, axes)
    lines = [*((key, tuple(range(len(values))), values) for key, values in axes)]
    lines.append((keys.SEED, seeds.positions, seeds.values))
    return Extent(axes, seeds, steps, tuple(_shown(asked[key], places, values) for key, places, values in lines))


def asked(study: Study) -> dict[str, Any]:
    """Every key with its value that has to stay what it is: not those of the sweep, of the record, or with defaults."""
    tables = Configuration.model_validate(study.base).model_dump(mode="json", exclude_defaults=True)
    swept = {axis.key for axis in study.axes}
    flat = {f"{section}.{key}": value for section in keys.SECTIONS for key, value in tables.get(section, {}).items()}
    flat |= {f"problem_parameters.{key}": value for key, value in tables.get("problem_parameters", {}).items()}
    kept = {key: value for key, value in flat.items() if key not in (*swept, *_RECORDED)}
    return kept | {_TRAINED: study.base["training"] is not None}


def check_asked(there: Mapping[str, Any], axes: Iterable[str], study: Study) -> None:
    """Refuse a study that differs from what a store holds in more than what an extension may change.

    Args:
        there: what `asked` said of the study in the store.
        axes: the keys of its axes, with or without seed.
        study: the study.

    Raises:
        StudyError: another axis is swept, or a key has another value; both are named.
    """
    _check_axes({*axes, keys.SEED}, {axis.key for axis in study.axes})
    here = asked(study)
    for key in sorted(there.keys() | here.keys()):
        if identity.canonical(there.get(key)) != identity.canonical(here.get(key)):
            raise _changed(key, there.get(key), here.get(key))


def _check_axes(there: set[str], here: set[str]) -> None:
    for key in sorted(there ^ here):
        old, new = ("is swept", "is not") if key in there else ("is not swept", "is")
        raise StudyError(
            f"`{keys.short(key)}` {old} in the store and {new} in this study; allowed: {_GROWS}. "
            f"Sweep {_listed(there)} and nothing else, {_ELSE}."
        )


def _changed(key: str, old: object, new: object) -> StudyError:
    if key == _TRAINED:
        there, here = ("trains", "does not") if old else ("does not train", "does")
        return StudyError(
            f"the study in the store {there} its networks and this one {here}; allowed: {_GROWS}. "
            f"{'Write [training] as it was' if old else 'Leave [training] out'}, {_ELSE}."
        )
    section, _, name = key.rpartition(".")
    step = f"Leave `{name}` out of [{section}]" if old is None else f"Write `{toml.line(name, old)}` under [{section}]"
    return StudyError(
        f"`{key}` is {_spelled(old)} in the store and {_spelled(new)} in this study; allowed: {_GROWS}. "
        f"{step}, {_ELSE}."
    )


def _later(steps: Segments, record: Sequence[int]) -> Segments:
    last = steps.values[-1]
    early = [step for step in record if step < last and step not in steps.values]
    if early:
        # The steps of the store, and of those asked for what comes after them.
        write = toml.line("record", [*steps.values, *(step for step in record if step > last)])
        raise StudyError(
            f"`training.record` has step {early[0]}, which the store does not have and which comes before its last "
            f"step {last}; allowed: {_GROWS}. Write `{write}` under [training], {_ELSE}."
        )
    return steps.extended(record)


def _check_reached(steps: Segments, axes: Sequence[tuple[str, tuple[Value, ...]]]) -> None:
    """Where the number of steps is swept, all cells of store and study together have to reach the last record."""
    short = [value for value in dict(axes).get("training.steps", ()) if int(value) < steps.values[-1]]
    if short:
        raise StudyError(
            f"`training.steps` is swept over {short[0]}, and store and study together record step {steps.values[-1]}; "
            f"allowed: steps that all cells reach. Record no later step than {short[0]}, {_ELSE}."
        )


def _joined(old: tuple[Value, ...], new: tuple[Value, ...]) -> tuple[Value, ...]:
    known = set(map(identity.canonical, old))
    return (*old, *(value for value in new if identity.canonical(value) not in known))


def _shown(asked: Sequence[Value], places: Sequence[int], values: Sequence[Value]) -> tuple[int, ...]:
    """Positions in the order of the newest study, what it does not have after it; in order of value if that is."""
    ranks = {identity.canonical(value): rank for rank, value in enumerate(asked)}
    found = {identity.canonical(value): place for place, value in zip(places, values, strict=True)}
    last = len(ranks)
    order = sorted(found, key=lambda text: ranks.get(text, last))
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) == len(values) and list(asked) == sorted(asked, key=_number):
        by_value = dict(zip(found, values, strict=True))
        order = sorted(found, key=lambda text: _number(by_value[text]))
    return tuple(found[text] for text in order)


def _number(value: Value) -> float:
    return float(value)


def _listed(swept: Iterable[str]) -> str:
    return ", ".join(f"`{keys.short(key)}`" for key in sorted(swept))


def _spelled(value: object) -> str:
    return "left to its default" if value is None else toml.spelled(value)
