"""What the arrays of a store have in common, and an extension cannot change."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpcpinn.errors import StoreError
from hpcpinn.plan.plan import Plan
from hpcpinn.store.extents import Record
from hpcpinn.store.store import Store, open_store


def fixed(plan: Plan) -> dict[str, Any]:
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


def cut(plan: Plan) -> str:
    """sha256 of how arrays are cut: two versions of hpcpinn may do it differently."""
    content = [(one.name, one.dims, one.chunks, one.dtype) for one in plan.variables]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def refuse_uneven(path: Path, record: Record, plan: Plan) -> None:
    """Refuse a plan with which something in common would change, or that another version has cut.

    Raises:
        StoreError: what would change, and what to type.
    """
    here = fixed(plan)
    for what in (*record.fixed, *here):
        old, new = record.fixed.get(what, "float64"), here.get(what, "float64")
        if old != new:
            raise StoreError(
                f"{path} has arrays in which {what} is {old}, and together with this study it would be {new}; "
                f"allowed: values with which it stays. Leave them out, or give another store with --store."
            )
    if record.cut != cut(plan):
        raise cut_otherwise(open_store(path))


def cut_otherwise(store: Store) -> StoreError:
    """Word that another version of hpcpinn has made the store."""
    return StoreError(
        f"{store.path} was made by hpcpinn {store.attributes.get('hpcpinn_version', '')}, which cuts this study in "
        f"another way. Run that version, or give another folder with --store."
    )


def other_problem(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Word that the problem is another one, or its source is."""
    step = "allowed: the same problem. Write it as it was, or give another store with --store."
    if {**there, "sha256": None} == {**here, "sha256": None}:
        return f"the source of `problem` was {there['sha256']} and is {here['sha256']} by its hash; {step}"
    old, new = (f"{one['class'] or one['location']} ({one['kind']})" for one in (there, here))
    return f"`problem` is {old} in the store and {new} in this study; {step}"
