"""`hpcpinn logs`."""

from pathlib import Path
from typing import Annotated

import typer

from hpcpinn import errors
from hpcpinn.cli.arguments import StoreOption

TaskId = Annotated[str, typer.Argument(metavar="TASK", help="Id of a task, or its beginning, as `status` names it.")]


def logs(task: TaskId, store: StoreOption = None) -> None:
    """Print what is known of a task: its attempts, how each ended, and what its jobs have printed meanwhile."""
    from hpcpinn.launch import history

    folder, identity = _find(task, store)
    for attempt in history.attempts_of(folder, identity):
        print(f"{attempt.when}  {attempt.where}: {attempt.end}")
        if attempt.text:
            print(attempt.text.rstrip("\n"))


def _find(task: str, store: Path | None) -> tuple[Path, str]:
    """The store and the whole id of a task; without --store, all in `results` are looked through."""
    from hpcpinn.store import layout, roll
    from hpcpinn.store.store import open_store

    stores = sorted(folder for folder in layout.RESULTS.glob("*.zarr") if layout.tasks(folder).is_file())
    folders = stores if store is None else [open_store(store).path]
    found = [(folder, one.id) for folder in folders for one in roll.read(folder) if one.id.startswith(task)]
    if len(found) == 1:
        return found[0]
    if not found:
        where = ", ".join(map(str, folders)) or f"{layout.RESULTS}/, where there is no store"
        raise errors.StoreError(
            f"no task begins with `{task}` in {where}; allowed: an id, or its beginning. `hpcpinn status STORE` names "
            f"failed and slow ones; give the store with --store."
        )
    several = ", ".join(f"{identity} in {folder}" for folder, identity in found[:5])
    raise errors.StoreError(f"{len(found)} tasks begin with `{task}`: {several}. Write more of its id, or --store.")
