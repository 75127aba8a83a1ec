"""What has come of a study: its tables, what it took, and where store and figure are."""

from pathlib import Path

from hpcpinn import errors
from hpcpinn.cli import pace

_LOG_WIDTH = 160


def show(store: Path) -> None:
    """Print the tables of a store that has some tasks done, and draw its figure beside it."""
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
