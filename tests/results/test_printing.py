"""Results as text."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from hpcpinn.results.opening import open_study
from hpcpinn.results.printing import print_tables
from tests.results.conftest import text


@pytest.fixture
def printed(make):
    def of(study: str, width: int = 200, **state) -> str:
        opened = open_study(make(study, **state)[0])
        console = Console(file=io.StringIO(), width=width, force_terminal=False)
        print_tables(opened, console)
        return console.file.getvalue()

    return of


def test_means_and_deviations_over_seeds(printed, make):
    path, _ = make(text(depth="1"))
    loss = open_study(path).kernel_drift.isel(step=-1, depth=0)
    output = printed(text(depth="1"))
    assert output.startswith("small: depth = 1 (9 of 9 runs), mean ± standard deviation over seeds\n")
    for width in (4, 8, 16):
        values = loss.sel(width=width).values
        (row,) = (line for line in output.splitlines() if line.split()[:1] == [str(width)])
        assert f"{values.mean():.3g} ± {values.std(ddof=1):.2g}" in row
    assert output.endswith("9 runs, 0 failed, 0 waiting\n")


def test_exponents_stand_below_their_table_with_their_intervals(printed):
    output = printed(text())
    first, second = output.split("small: depth = 2")
    for part in (first, second):
        assert len(re.findall(r" ~ N\^[-+]?[\d.]+ \[[-+]?[\d.]+, [-+]?[\d.]+\]", part)) == 6
        assert part.count("(95%, 3 seeds, 4 ... 16, R²") == 6


def test_a_single_seed_has_no_deviation_and_no_kernel_to_compare_with(printed):
    output = printed(text(seed="1"))
    assert " ± " not in output.replace("mean ± standard", "")
    assert "spread" not in output
    assert "4 ... 16" not in output.split("R²")[0] or "1 seeds" in output


def test_what_is_missing_is_a_dash_and_counted(printed):
    output = printed(text(), state=lambda task: {0: "failed", 1: "waiting"}.get(task.cell[0], "done"))
    (row, _) = (line.split() for line in output.splitlines() if line.split()[:1] == ["4"])
    assert set(row[1:]) == {"-"}
    assert "(3 of 9 runs)" in output
    assert "18 runs, 6 failed, 6 waiting" in output
    assert " ~ N^" not in output


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_number_is_cut_off_where_there_is_little_room(width, printed):
    output = printed(text(depth="1"), width=width)
    wide = printed(text(depth="1"), width=300)
    assert "…" not in output
    assert sorted(cells(output)) == sorted(cells(wide))
    assert all(len(line) <= width for line in output.splitlines() if "─" in line)
    assert (output.count("width N") == 1) == (width == 160)


def cells(output: str) -> set[str]:
    """The numbers of the tables, each of which has three spaces around it."""
    lines = [line for line in output.splitlines() if "±" in line and "mean" not in line]
    return {cell.strip() for line in lines for cell in line.split("   ") if "±" in cell}


def test_values_that_look_like_markup_are_printed_as_they_are(printed):
    output = printed(text('"problem_parameters.kind" = ["[bold]", ":smile:"]', rest=""))
    assert "depth = 1, kind = [bold] (9 of 9 runs)" in output
    assert "depth = 2, kind = :smile: (9 of 9 runs)" in output


def test_a_long_study_is_cut_short_and_says_so(printed):
    values = ", ".join(map(str, np.arange(30)))
    output = printed(text(f'"network.bias_std" = [{values}]', width="4", depth="1", seed="1", rest=""))
    assert output.count("of 1 runs)") == 24
    assert "and 6 more tables: hpcpinn.open_study has all their numbers" in output
    assert "30 runs, 0 failed, 0 waiting" in output
