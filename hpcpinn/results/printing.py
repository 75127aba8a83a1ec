"""Tables of results as text."""

from itertools import islice

import numpy as np
import xarray as xr
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from hpcpinn.results.summary import Column, Table, positions, tables

# More than a person reads: what follows is for a program.
_MOST_TABLES = 24


def print_tables(study: xr.Dataset, console: Console) -> None:
    """One table per position of the other axes: mean and standard deviation over seeds by width, exponents below."""
    for table in islice(tables(study), _MOST_TABLES):
        console.print(_grid(study, table))
        for column in table.columns:
            if column.exponent is not None:
                console.print(f"  {column.name:20} ~ N^{column.exponent}", highlight=False, soft_wrap=True)
    if positions(study) > _MOST_TABLES:
        console.print(
            f"and {positions(study) - _MOST_TABLES} more tables: hpcpinn.open_study has them all", highlight=False
        )
    failed = int((study["status"] == "failed").sum())
    waiting = int((study["status"] == "waiting").sum())
    console.print(f"{study['status'].size} runs, {failed} failed, {waiting} waiting", highlight=False)


def _grid(study: xr.Dataset, table: Table) -> Grid:
    where = ", ".join(f"{name} = {value}" for name, value in table.where.items())
    title = f"{study.attrs['study_name']}: {where} ({table.done} of {table.runs} runs)"
    grid = Grid(title=f"{title}, mean ± standard deviation over seeds", title_justify="left", box=box.SIMPLE)
    grid.add_column("width N", justify="right")
    for column in table.columns:
        grid.add_column(column.name, justify="right", no_wrap=True)
    for width in study["width"].values:
        grid.add_row(str(width), *(_cell(column, width) for column in table.columns))
    return grid


def _cell(column: Column, width: object) -> str:
    if width not in column.values["width"].values:
        return "-"
    values = np.asarray(column.values.sel(width=width).values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return "-"
    deviation = f" ± {values.std(ddof=1):.2g}" if len(values) > 1 else ""
    return f"{values.mean():.3g}{deviation}".replace("e+0", "e")
