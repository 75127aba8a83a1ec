"""`hpcpinn run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpcpinn import errors
from hpcpinn.cli import failures, pace
from hpcpinn.cli.arguments import StoreOption, StudyFile

if TYPE_CHECKING:
    from hpcpinn.launch.running import Completion

On = Annotated[str, typer.Option("--on", metavar="serial|processes", help="Where tasks run.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Tasks at once; one per core by default.")]
Coordinator = Annotated[
    str | None, typer.Option("--coordinator", metavar="HOST:PORT", help="Where processes meet that work together.")
]
# Without them, with --coordinator, srun's own say it.
Processes = Annotated[
    int, typer.Option("--processes", metavar="N", help="How many processes work together.", envvar="SLURM_NTASKS")
]
Rank = Annotated[
    int, typer.Option("--rank", metavar="R", help="Which of them this is; 0 has the store.", envvar="SLURM_PROCID")
]

_LOG_WIDTH = 160


def run(
    study: StudyFile,
    store: StoreOption = None,
    on: On = "serial",
    workers: Workers = None,
    coordinator: Coordinator = None,
    processes: Processes = 1,
    rank: Rank = 0,
) -> None:
    """Run what is missing of a study; safe to repeat, to interrupt and to run twice at once.

    With --coordinator, several processes compute every task together: start each with its own --rank.
    """
    from hpcpinn.launch.running import run_study
    from hpcpinn.launch.together import Member, run_together

    if coordinator is None:
        completion = run_study(study, store, on, workers, started=_announce)
    else:
        _require_serial(on)
        completion = run_together(study, store, Member(coordinator, processes, rank), started=_announce)
    if completion is not None:
        _report(completion)


def _require_serial(on: str) -> None:
    if on != "serial":
        raise errors.HpcpinnError(
            f"--coordinator with --on {on}; allowed: --on serial, since all processes work on one task. Leave --on out."
        )


def _report(completion: "Completion") -> None:
    failures.show(completion.failures, completion.store)
    if completion.done:
        _show(completion.store)
    if completion.failures:
        raise typer.Exit(1)
    if completion.missing:
        raise typer.Exit(75)


def _announce(name: str, store: Path, tasks: int, waiting: int) -> None:
    print(f"{name}: {waiting} of {tasks} tasks are missing in {store}", flush=True)


def _show(store: Path) -> None:
    from rich.console import Console

    from hpcpinn.results.opening import open_study
    from hpcpinn.results.printing import print_tables
    from hpcpinn.store import comparison, ledger, roll

    study = open_study(store)
    terminal = Console()
    print_tables(study, terminal if terminal.is_terminal else Console(width=_LOG_WIDTH))
    if found := comparison.compare(store, roll.read(store), ledger.done(store)):
        pace.show(found)
    print(f"store:  {store}")
    if study.sizes["width"] > 1:
        print(f"figure: {_drawn(store, store.with_name(store.name.removesuffix('.zarr') + '.png'))}")


def _drawn(store: Path, figure: Path) -> str:
    """Draw beside the store; the results are complete without it where the disk refuses."""
    from hpcpinn.results.figure import draw_widths
    from hpcpinn.results.opening import open_study
    from hpcpinn.store import disk

    try:
        with disk.reported(figure):
            draw_widths(open_study(store), figure)
    except errors.StoreError as refused:
        return f"none; {refused}"
    return str(figure)
