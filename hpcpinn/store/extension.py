"""A study asked of a store that is there already: the store grows to hold both, and nothing in it moves.

What counts is the newest record (`store.extents`); arrays, labels and the list of tasks follow it (`store.growth`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hpcpinn.errors import HpcpinnError, StoreError, StudyError
from hpcpinn.plan.plan import Plan
from hpcpinn.store import disk, extents, growth, roll
from hpcpinn.store.extents import Record
from hpcpinn.store.store import Store, open_store
from hpcpinn.study import document, extension, source
from hpcpinn.study.reading import parse_study
from hpcpinn.study.study import Study


def arranged(path: Path, study: Study) -> Study:
    """The study together with all that the store at `path` holds; as it is where there is no store.

    Raises:
        StoreError: the store cannot be extended to hold the study; what differs is named.
    """
    record = None if disk.is_free(path) else open_store(path).newest
    if record is None:
        return study
    _refuse_other(path, record, study)
    with _named(path, record):
        return extension.arranged(study, extension.united(record.extent, study))


def study_of(path: Path | str) -> Study:
    """The newest study of a store with all that the store holds: what its workers plan from.

    Raises:
        StoreError: there is no store, or the source of its problem has changed.
        ProblemError: the source of its problem is not where it was.
    """
    store = open_store(path)
    record = store.newest
    if record is None:
        raise StoreError(
            f"{path} was made by hpcpinn {store.attributes.get('hpcpinn_version', '')}, which did not note what it "
            f"holds. `hpcpinn run STUDY --store {path}` with the study of this store notes it."
        )
    study = parse_study(record.study, Path(record.folder), f"the study of {path}")
    _refuse_other(store.path, record, study)
    return extension.arranged(study, record.extent)


def settle(store: Store, plan: Plan, coordinates: Mapping[str, np.ndarray]) -> Store:
    """Make a store hold what a plan needs, and open it.

    The store that is returned holds the plan when `store.newest.extent` is the plan's. Otherwise somebody else has
    extended it meanwhile: arrange the study again and plan once more.

    Raises:
        StoreError: the store belongs to a study that this one does not extend, or the disk refuses.
    """
    record = _checked(store, plan)
    if record is not None and (
        _is_noted(record, plan) or extents.append(store.path, record_of(plan, record.number + 1))
    ):
        growth.follow(open_store(store.path), plan, coordinates)
    return open_store(store.path)


def check(store: Store, plan: Plan) -> None:
    """Refuse a plan that the store does not hold and cannot be extended to; nothing is written.

    Raises:
        StoreError: what differs, and what to type.
    """
    record = store.newest
    if record is None:
        _refuse_unnoted(store, plan)
    else:
        _refuse_other(store.path, record, plan.study)
        _refuse_uneven(store.path, record, plan)


def record_of(plan: Plan, number: int) -> Record:
    """What a store of a plan holds."""
    study = plan.study
    return Record(
        number=number,
        study_name=study.name,
        study=study.text,
        identity=study.identity,
        folder=str(study.folder.absolute()),
        written=datetime.now(UTC).isoformat(timespec="seconds"),
        asked=extension.asked(study),
        problem=source.problem_source(study).content,
        fixed=_fixed(plan),
        cut=_cut(plan),
        extent=plan.extent,
    )


def _checked(store: Store, plan: Plan) -> Record | None:
    """The newest record, if the plan is of all that it holds; None if it is not, since somebody else was faster."""
    tasks = roll.read(store.path)  # before the record: none of them belongs to an extension that is not in it
    record = extents.newest(store.path) or _adopted(store, plan)
    _refuse_other(store.path, record, plan.study)
    if not plan.extent.continues(record.extent):
        return None
    _refuse_uneven(store.path, record, plan)
    if not tasks.keys() <= set(plan.tasks):
        raise _cut_otherwise(store)
    return record


def _is_noted(record: Record, plan: Plan) -> bool:
    """Whether a record says all that a plan needs: also where to find a problem of the user's own, if it has moved."""
    if record.extent != plan.extent or record.problem["kind"] != "file":
        return record.extent == plan.extent
    try:
        where = document.parse(record.study).sections["problem"], Path(record.folder)
        return source.locate(*where).content == record.problem
    except HpcpinnError:
        return False


def _fixed(plan: Plan) -> dict[str, Any]:
    """What all arrays have in common, in words, because no array can change it."""
    kernels = {f"the type of `{one.name}`": one.dtype for one in plan.variables if one.dtype != "float64"}
    labels = {one.name: one.dtype for one in plan.coordinates}
    return {
        "the number of rows": plan.sizes["row"],
        "the layers whose shares are kept": list(plan.layers),
        "the quantities": [variable.name for variable in plan.variables],
        **kernels,
        **{f"the type of `{axis.key}`": labels[axis.name] for axis in plan.axes},
    }


def _cut(plan: Plan) -> str:
    """sha256 of how arrays are cut: two versions of hpcpinn may do it differently."""
    content = [(one.name, one.dims, one.chunks, one.dtype) for one in plan.variables]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _refuse_other(path: Path, record: Record, study: Study) -> None:
    with _named(path, record):
        extension.check_asked(record.asked, dict(record.extent.axes), study)
        problem = source.problem_source(study).content
        if problem != record.problem:
            raise StudyError(_other_problem(record.problem, problem))


def _other_problem(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    step = "allowed: the same problem. Write it as it was, or give another store with --store."
    if {**there, "sha256": None} == {**here, "sha256": None}:
        return f"the source of `problem` was {there['sha256']} and is {here['sha256']} by its hash; {step}"
    old, new = (f"{one['class'] or one['location']} ({one['kind']})" for one in (there, here))
    return f"`problem` is {old} in the store and {new} in this study; {step}"


def _refuse_uneven(path: Path, record: Record, plan: Plan) -> None:
    fixed = _fixed(plan)
    for what in (*record.fixed, *fixed):
        old, new = record.fixed.get(what, "float64"), fixed.get(what, "float64")
        if old != new:
            raise StoreError(
                f"{path} has arrays in which {what} is {old}, and together with this study it would be {new}; "
                f"allowed: values with which it stays. Leave them out, or give another store with --store."
            )
    if record.cut != _cut(plan):
        raise _cut_otherwise(open_store(path))


def _adopted(store: Store, plan: Plan) -> Record:
    """The first record of a store that was made before there were any, by the study that made it."""
    _refuse_unnoted(store, plan)
    record = record_of(plan, 0)
    return record if extents.append(store.path, record) else extents.newest(store.path) or record


def _refuse_unnoted(store: Store, plan: Plan) -> None:
    if store.identity != plan.identity:
        raise StoreError(
            f"{store.path} belongs to the study `{store.study_name}` with the hash {store.identity}, and this study, "
            f"`{plan.name}`, has the hash {plan.identity}. Give another folder with --store, or move the old one away."
        )
    if roll.read(store.path).keys() != set(plan.tasks):
        raise _cut_otherwise(store)


def _cut_otherwise(store: Store) -> StoreError:
    return StoreError(
        f"{store.path} was made by hpcpinn {store.attributes.get('hpcpinn_version', '')}, which cuts this study in "
        f"another way. Run that version, or give another folder with --store."
    )


@contextmanager
def _named(path: Path, record: Record) -> Iterator[None]:
    """Say of which store and of which study a refusal speaks."""
    try:
        yield
    except StudyError as error:
        raise StoreError(
            f"{path} belongs to the study `{record.study_name}`, which this one does not extend: {error}"
        ) from error
