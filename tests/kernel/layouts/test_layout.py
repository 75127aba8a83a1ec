"""Panels as arrays: padded with what they hold already."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.kernel.layouts.layout import panels_of, strips_of
from hpcpinn.plan.panels import panels, shapes


@given(st.integers(1, 300), st.integers(1, 300))
def test_strips_hold_the_points_of_a_panel_and_then_its_last_one(count, tile):
    x = np.arange(2.0 * count).reshape(count, 2)
    cut = panels({"term": count}, tile)
    shape = shapes(cut)["term"]
    for panel in (panel for of_tile in cut for panel in of_tile):
        strips = strips_of(x, panel, shape)
        assert strips.shape == (shape.strips, shape.rows, 2)
        rows, length = strips.reshape(-1, 2), len(panel.points)
        np.testing.assert_array_equal(rows[:length], x[panel.points])
        assert (rows[length:] == rows[length - 1]).all()


@given(st.integers(1, 4), st.integers(0, 3))
def test_a_group_that_is_not_full_repeats_its_last_panel(count, missing):
    group = [np.full((1, 2, 1), float(k)) for k in range(count)]
    found = panels_of(group, count + missing)
    assert found.shape == (count + missing, 1, 2, 1)
    np.testing.assert_array_equal(found[:, 0, 0, 0], [*range(count), *[count - 1] * missing])
