"""The figure of a width study: how every quantity goes with the width."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from hpcpinn.results.summary import Column, Table, tables

# Absolute quantities, which the table shows: the figure is about fluctuations, distances and drifts.
_ABSOLUTE = ("trace", "largest eigenvalue")
_BAND = (0.1, 0.9)


def draw_widths(study: xr.Dataset, file: Path) -> None:
    """Draw the fluctuations and drifts of a study against its width, one line per position of the other axes."""
    every = list(tables(study))
    names = [column.name for column in every[0].columns]
    names = [name for name in names if name not in _ABSOLUTE] or names
    figure = Figure(figsize=(5.2 * len(names), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _panel(axes, name, every)
    missing, runs = sum(table.runs - table.done for table in every), sum(table.runs for table in every)
    head = f"{study.attrs['study_name']}: {study.attrs['equation']}"
    figure.suptitle(f"{head}\nmean and 10-90 % of seeds; {runs} runs, {missing} missing or failed", fontsize=10)
    figure.savefig(file, dpi=120)


def _panel(axes: Axes, name: str, every: list[Table]) -> None:
    columns = [next(column for column in table.columns if column.name == name) for table in every]
    for table, column in zip(every, columns, strict=True):
        _line(axes, column, ", ".join(f"{key} {value}" for key, value in table.where.items()))
    axes.set(xscale="log", yscale="log", xlabel="width N (neurons per hidden layer)", ylabel=f"{name} (dimensionless)")
    _guide(axes)
    widths = columns[0].values.dropna("width", how="all")["width"].values
    axes.xaxis.set_major_locator(FixedLocator(widths.tolist()))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize=8)


def _line(axes: Axes, column: Column, label: str) -> None:
    values = column.values.dropna("width", how="all").sortby("width")
    widths = values["width"].values.astype(float)
    low, high = (values.quantile(level, "seed").values for level in _BAND)
    exponent = f": $N^{{{column.exponent.exponent:+.2f}}}$" if column.exponent else ""
    (line,) = axes.plot(widths, values.mean("seed").values, "o-", label=f"{label}{exponent}")
    axes.fill_between(widths, low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _guide(axes: Axes) -> None:
    """A dashed line of slope -1/2 above the first curve."""
    widths, heights = (np.asarray(data, dtype=float) for data in axes.lines[0].get_data())
    if len(widths) > 1:
        guide = 1.6 * heights[0] * (widths / widths[0]) ** -0.5
        axes.plot(widths, guide, "k--", linewidth=0.8, label="$N^{-1/2}$")
