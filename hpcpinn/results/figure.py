"""The figure of a width study: how every quantity goes with the width."""

import math
import os
from itertools import islice
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from hpcpinn.results.summary import Column, Table, positions, tables
from hpcpinn.results.tally import tally

# Absolute quantities, which the table shows: the figure is about fluctuations, distances and drifts.
_ABSOLUTE = ("trace", "largest eigenvalue")
# What no theory of wide networks says to fall with the width.
_WITHOUT_GUIDE = (*_ABSOLUTE, "relative L2 error")
_BAND = (0.1, 0.9)
# As many lines as there are colours.
_MOST_LINES = 10
_LARGE_LEGEND = 6
_PANELS_IN_A_ROW = 3
# Two labels closer than this part of the axis would overlap.
_LEAST_GAP = 0.08


def draw_widths(study: xr.Dataset, file: Path) -> None:
    """Draw the fluctuations and drifts of a study against its width, one line per position of the other axes.

    The file appears when it is complete.
    """
    every = list(islice(tables(study), _MOST_LINES))
    names = [column.name for column in every[0].columns]
    names = [name for name in names if name not in _ABSOLUTE] or names
    rows, columns = math.ceil(len(names) / _PANELS_IN_A_ROW), min(len(names), _PANELS_IN_A_ROW)
    figure = Figure(figsize=(5.2 * columns, 4.2 * rows + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, name, every)
    for axes in panels[len(names) :]:
        axes.remove()
    figure.suptitle(_title(study), fontsize=10, wrap=True)
    _save(figure, file)


def _title(study: xr.Dataset) -> str:
    lines = f"; the first {_MOST_LINES} of {positions(study)} lines" if positions(study) > _MOST_LINES else ""
    head = f"{study.attrs['study_name']}: {study.attrs['equation']}"
    return f"{head}\nmean and 10-90 % of seeds; {tally(study)}{lines}"


def _save(figure: Figure, file: Path) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        figure.savefig(aside, dpi=120, format=file.suffix.removeprefix("."))
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _panel(axes: Axes, name: str, every: list[Table]) -> None:
    axes.set(xscale="log", yscale="log", xlabel="width N (neurons per hidden layer)", ylabel=f"{name} (dimensionless)")
    for table in every:
        column = next(column for column in table.columns if column.name == name)
        _line(axes, column, _label(every, table))
    if not axes.lines:
        axes.text(0.5, 0.5, "no run is done", transform=axes.transAxes, ha="center")
        return
    _label_widths(axes)
    if name not in _WITHOUT_GUIDE:
        _guide(axes)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize=8 if len(every) <= _LARGE_LEGEND else 6)


def _label(every: list[Table], table: Table) -> str:
    """Where a line is on the axes along which lines differ."""
    differing = [key for key, value in table.where.items() if any(other.where[key] != value for other in every)]
    return ", ".join(f"{key} {table.where[key]}" for key in differing or table.where)


def _line(axes: Axes, column: Column, label: str) -> None:
    values = column.values.dropna("width", how="all").sortby("width")
    if not values.size:
        return
    widths = values["width"].values.astype(float)
    low, high = (values.quantile(level, "seed").values for level in _BAND)
    exponent = f": $N^{{{column.exponent.exponent:+.2f}}}$" if column.exponent else ""
    (line,) = axes.plot(widths, values.mean("seed").values, "o-", label=f"{label}{exponent}")
    axes.fill_between(widths, low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _label_widths(axes: Axes) -> None:
    """A tick at every width that was studied, but where two labels would overlap."""
    widths = np.unique(np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in axes.lines]))
    least = (widths[-1] / widths[0]) ** _LEAST_GAP
    labelled = [widths[0]]
    for width in widths[1:]:
        if width >= least * labelled[-1]:
            labelled.append(width)
    axes.xaxis.set_major_locator(FixedLocator(labelled))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _guide(axes: Axes) -> None:
    """A dashed line of slope -1/2 above the first curve."""
    widths, heights = (np.asarray(data, dtype=float) for data in axes.lines[0].get_data())
    if len(widths) > 1:
        guide = 1.6 * heights[0] * (widths / widths[0]) ** -0.5
        axes.plot(widths, guide, "k--", linewidth=0.8, label="$N^{-1/2}$")
