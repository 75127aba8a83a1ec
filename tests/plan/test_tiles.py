import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.tiles import tiles, upper

rows = st.integers(0, 200)
tile = st.integers(1, 64)


@given(rows, tile)
def test_tiles_cover_every_row_once_and_in_order(rows, tile):
    assert [row for piece in tiles(rows, tile) for row in piece] == list(range(rows))


@given(rows, tile)
def test_every_tile_is_full_but_perhaps_the_last(rows, tile):
    lengths = [len(piece) for piece in tiles(rows, tile)]
    assert all(length == tile for length in lengths[:-1])
    assert all(0 < length <= tile for length in lengths)


@given(st.integers(0, 60), tile)
def test_the_upper_tiles_and_their_mirror_images_cover_the_kernel(rows, tile):
    pairs = list(upper(tiles(rows, tile)))
    above = {(i, j) for row, col in pairs for i in row for j in col}
    assert sum(len(row) * len(col) for row, col in pairs) == len(above)
    assert above | {(j, i) for i, j in above} == {(i, j) for i in range(rows) for j in range(rows)}


@given(rows, tile)
def test_half_of_the_work_is_saved(rows, tile):
    count = len(tiles(rows, tile))
    assert len(list(upper(tiles(rows, tile)))) == count * (count + 1) // 2


@pytest.mark.parametrize(("rows", "tile"), [(-1, 2), (3, 0)])
def test_impossible_sizes_are_refused(rows, tile):
    with pytest.raises(ValueError, match=f"rows = {rows} and tile = {tile}"):
        tiles(rows, tile)
