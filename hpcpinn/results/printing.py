"""Tables of results as text."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import xarray as xr
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from hpcpinn.results.summary import Column, Table, positions, tables

# More than a person reads: what follows is for a program.
_MOST_TABLES = 24
_HEAD = "width N"
# Of the lines and spaces around a cell.
_FRAME = 3


def print_tables(study: xr.Dataset, console: Console) -> None:
    """One table per position of the other axes: mean and standard deviation over seeds by width, exponents below."""
    widths = study["width"].values.tolist()
    for table in islice(tables(study), _MOST_TABLES):
        _line(console, _title(study, table))
        for columns in _parts(table, widths, console.width):
            console.print(_grid(columns, widths))
        for column in table.columns:
            if column.exponent is not None:
                _line(console, f"  {column.name:20} ~ N^{column.exponent}")
    if positions(study) > _MOST_TABLES:
        _line(console, f"and {positions(study) - _MOST_TABLES} more tables: hpcpinn.open_study has all their numbers")
    failed = int((study["status"] == "failed").sum())
    waiting = int((study["status"] == "waiting").sum())
    _line(console, f"{study['status'].size} runs, {failed} failed, {waiting} waiting")


def _line(console: Console, text: str) -> None:
    """Print as it is: a value may look like markup, and a log is not wrapped."""
    console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _title(study: xr.Dataset, table: Table) -> str:
    where = ", ".join(f"{name} = {value}" for name, value in table.where.items())
    runs = f"{table.done} of {table.runs} runs"
    return f"{study.attrs['study_name']}: {where} ({runs}), mean ± standard deviation over seeds"


def _parts(table: Table, widths: list[int], room: int) -> Iterator[list[Column]]:
    """The columns, as many at a time as there is room for: a second table is better than numbers that are cut off."""
    part: list[Column] = []
    used = first = max(len(_HEAD), *(len(str(width)) for width in widths)) + _FRAME
    for column in table.columns:
        need = max(len(column.name), *(len(_cell(column, width)) for width in widths)) + _FRAME
        if part and used + need > room:
            yield part
            part, used = [], first
        part.append(column)
        used += need
    yield part


def _grid(columns: list[Column], widths: list[int]) -> Grid:
    grid = Grid(box=box.SIMPLE)
    grid.add_column(_HEAD, justify="right", no_wrap=True)
    for column in columns:
        grid.add_column(column.name, justify="right", no_wrap=True)
    for width in widths:
        grid.add_row(str(width), *(_cell(column, width) for column in columns))
    return grid


def _cell(column: Column, width: int) -> str:
    if width not in column.values["width"].values:
        return "-"
    values = np.asarray(column.values.sel(width=width).values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return "-"
    deviation = f" ± {values.std(ddof=1):.2g}" if len(values) > 1 else ""
    return f"{values.mean():.3g}{deviation}".replace("e+0", "e")
