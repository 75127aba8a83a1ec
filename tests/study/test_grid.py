import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.study import grid
from hpcpinn.study.axes import Axis

lengths = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def of(shape):
    return tuple(Axis(f"a.{n}", f"a{n}", tuple(range(100 * n, 100 * n + length))) for n, length in enumerate(shape))


@given(lengths)
def test_every_cell_is_there_once_in_row_major_order(shape):
    cells = list(grid.cells(of(shape)))
    assert len(set(cells)) == len(cells) == grid.size(of(shape)) == math.prod(shape)
    assert cells == sorted(cells)
    assert cells[-1] == tuple(length - 1 for length in shape)


@given(lengths)
def test_no_two_cells_have_the_same_values(shape):
    axes = of(shape)
    values = {tuple(grid.values(axes, cell).items()) for cell in grid.cells(axes)}
    assert len(values) == grid.size(axes)


@given(lengths, st.data())
def test_the_position_on_an_axis_picks_its_value(shape, data):
    axes = of(shape)
    cell = tuple(data.draw(st.integers(0, length - 1)) for length in shape)
    assert grid.values(axes, cell) == {axis.key: axis.values[at] for axis, at in zip(axes, cell, strict=True)}


@pytest.mark.parametrize("cell", [(), (0,), (0, 3), (2, 0), (-1, 0), (0, -1), (0, 0, 0)])
def test_what_is_not_a_cell_is_refused(cell):
    with pytest.raises(IndexError) as caught:
        grid.values(of((2, 3)), cell)
    assert str(caught.value) == f"cell {cell} is not in a grid of shape (2, 3): positions count from 0."
