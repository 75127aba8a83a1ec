"""The figure of a width study."""

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from hpcpinn.results import figure as figures
from hpcpinn.results.figure import draw_widths
from hpcpinn.results.opening import open_study
from tests.results.conftest import text


@pytest.fixture
def drawn(make, tmp_path, monkeypatch):
    """Draw a study and keep what was drawn."""

    def draw(study: str, **state) -> tuple[Figure, Path]:
        kept: list[Figure] = []
        save = figures._save
        monkeypatch.setattr(figures, "_save", lambda figure, file: (kept.append(figure), save(figure, file)))
        draw_widths(open_study(make(study, **state)[0]), tmp_path / "small.png")
        monkeypatch.undo()
        return kept[0], tmp_path / "small.png"

    return draw


def size(file: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND\xaeB`\x82")
    return struct.unpack(">II", content[16:24])


def labels(figure: Figure) -> list[str]:
    return [axes.get_ylabel().removesuffix(" (dimensionless)") for axes in figure.axes]


def overlaps(figure: Figure) -> list[str]:
    """Labels of ticks that overlap on the same axis, and titles that leave the page."""
    renderer = figure.canvas.get_renderer()
    found = []
    for axes in figure.axes:
        for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [tick.get_window_extent(renderer) for tick in ticks if tick.get_text()]
            found += [axes.get_ylabel() for one, two in pairwise(boxes) if one.overlaps(two)]
    title = figure._suptitle.get_window_extent(renderer)
    page = figure.bbox
    if title.x0 < page.x0 or title.x1 > page.x1 or title.y1 > page.y1:
        found.append("title")
    return found


@pytest.mark.parametrize(
    ("study", "expected", "panels"),
    [
        (text(), (1872, 1068), 5),
        (text(rest=""), (1248, 564), 2),
        (text(rest='[kernel]\nkeep = "none"\n'), (1248, 564), 2),
        (text(width="[10, 100, 500, 505, 512, 1000000]", depth="1", seed="1"), (1872, 564), 3),
    ],
)
def test_a_png_of_a_size_that_fits_a_page(study, expected, panels, drawn):
    figure, file = drawn(study)
    assert size(file) == expected
    assert len(figure.axes) == panels
    assert overlaps(figure) == []
    assert [path.name for path in file.parent.iterdir()] == ["small.png"]


def test_a_panel_per_quantity_and_a_line_per_position(drawn):
    figure, _ = drawn(text('"network.activation" = ["tanh", "sin"]', depth="1"))
    assert labels(figure) == [
        "spread over seeds", "distance to widest", "kernel drift", "parameter drift", "relative L2 error",
    ]  # fmt: skip
    for axes in figure.axes:
        legend = [entry.get_text() for entry in axes.get_legend().get_texts()]
        assert [entry.partition(":")[0] for entry in legend[:2]] == ["activation tanh", "activation sin"]
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    guides = [line.get_label() for axes in figure.axes for line in axes.lines if line.get_linestyle() == "--"]
    assert guides == ["$N^{-1/2}$"] * 4


def test_lines_are_means_over_seeds(drawn, make):
    figure, _ = drawn(text(depth="2"))
    drift = open_study(make(text(depth="2"))[0]).kernel_drift.isel(step=-1, depth=0).mean("seed")
    line = figure.axes[labels(figure).index("kernel drift")].lines[0]
    assert np.array_equal(line.get_xdata(), [4, 8, 16])
    assert np.array_equal(line.get_ydata(), drift.values)


def test_failed_and_waiting_runs_are_named_in_the_title(drawn):
    figure, _ = drawn(text(), state=lambda task: {(0, 0): "failed", (1, 1): "waiting"}.get(task.cell, "done"))
    title = figure._suptitle.get_text()
    assert title == "small: u'' = f\nmean and 10-90 % of seeds; 18 runs, 3 failed, 3 waiting"
    assert overlaps(figure) == []


@pytest.mark.parametrize("lost", [(0,), (1, 2), (0, 1, 2)])
def test_widths_that_failed_at_one_depth_or_at_all(lost, drawn):
    for depth in (0, None):

        def state(task, depth=depth):
            return "failed" if task.cell[0] in lost and task.cell[1] != depth else "done"

        figure, file = drawn(text(rest=""), state=state)
        assert "failed" in figure._suptitle.get_text()
        assert size(file) > (0, 0)


def test_more_lines_than_colours_are_cut_short_and_the_title_says_so(drawn):
    values = ", ".join(map(str, range(12)))
    figure, _ = drawn(text(f'"network.bias_std" = [{values}]', depth="1", width="[4, 8]", rest=""))
    assert "; the first 10 of 12 lines" in figure._suptitle.get_text()
    for axes in figure.axes:
        legend = [entry.get_text() for entry in axes.get_legend().get_texts()]
        assert sum(entry.startswith("bias_std") for entry in legend) == 10


def test_a_long_equation_does_not_leave_the_page(drawn, make, tmp_path):
    study = open_study(make(text(rest=""))[0]).assign_attrs(equation="u_t + u u_x + v u_y = " * 30)
    draw_widths(study, tmp_path / "long.png")
    assert size(tmp_path / "long.png") == (1248, 564)


def test_a_figure_that_cannot_be_written_leaves_nothing(make, tmp_path, monkeypatch):
    def stop(figure: Figure, file: Path, **options: object) -> None:
        file.write_bytes(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(Figure, "savefig", stop)
    with pytest.raises(OSError, match="No space"):
        draw_widths(open_study(make(text(rest=""))[0]), tmp_path / "small.png")
    assert list(tmp_path.iterdir()) == []
