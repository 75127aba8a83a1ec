"""Panels cover the rows of every tile and of every term."""

from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.panels import PANEL, STRIP, panels, shapes
from hpcpinn.plan.tiles import tiles

counts = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 400), min_size=1).filter(lambda c: sum(c.values()))
tile = st.integers(1, 600)


def starts(counts):
    """The first row of every term."""
    found, start = {}, 0
    for term, count in counts.items():
        found[term] = start
        start += count
    return found


@given(counts, tile)
def test_panels_cover_every_row_once_and_in_order(counts, tile):
    rows = [row for of_tile in panels(counts, tile) for panel in of_tile for row in panel.rows]
    assert rows == list(range(sum(counts.values())))


@given(counts, tile)
def test_panels_lie_in_the_tile_that_they_are_listed_under(counts, tile):
    for rows, of_tile in zip(tiles(sum(counts.values()), tile), panels(counts, tile), strict=True):
        assert [row for panel in of_tile for row in panel.rows] == list(rows)


@given(counts, tile)
def test_panels_hold_consecutive_points_of_one_term(counts, tile):
    first = starts(counts)
    for panel in (panel for of_tile in panels(counts, tile) for panel in of_tile):
        assert panel.rows.step == panel.points.step == 1
        assert len(panel.rows) == len(panel.points)
        assert panel.rows.start == first[panel.term] + panel.points.start
        assert 0 <= panel.points.start < panel.points.stop <= counts[panel.term]


@given(counts, tile)
def test_panels_of_a_term_in_a_tile_are_as_few_as_possible_and_of_nearly_one_size(counts, tile):
    for of_tile in panels(counts, tile):
        for term in {panel.term for panel in of_tile}:
            lengths = [len(panel.rows) for panel in of_tile if panel.term == term]
            assert max(lengths) <= PANEL
            assert sum(lengths) > (len(lengths) - 1) * PANEL
            assert max(lengths) - min(lengths) <= 1
            assert lengths == sorted(lengths, reverse=True)


@given(counts, tile)
def test_the_shape_of_a_term_holds_its_longest_panel_and_little_more(counts, tile):
    cut = panels(counts, tile)
    found = shapes(cut)
    assert set(found) == {term for term, count in counts.items() if count}
    for term, shape in found.items():
        longest = max(len(panel.rows) for of_tile in cut for panel in of_tile if panel.term == term)
        assert shape.rows <= STRIP
        assert longest <= shape.size < longest + shape.strips
        assert shape.strips == (1 if longest <= STRIP else 2)


@given(counts, st.integers(0, 400), tile)
def test_a_term_behind_the_others_changes_none_of_their_panels(counts, more, tile):
    """What comes first is cut in the same way but in the tile that is shared."""
    longer = [panel for of_tile in panels({**counts, "z": more}, tile) for panel in of_tile if panel.term != "z"]
    assert longer == [panel for of_tile in panels(counts, tile) for panel in of_tile]
