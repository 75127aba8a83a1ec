"""Positions of values under any sequence of extensions."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.errors import StudyError
from hpcpinn.study.extension import arranged, asked, check_asked, first_extent, united
from hpcpinn.study.extent import Segments, from_data, to_data
from hpcpinn.study.reading import parse_study

values = st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True)
seeds = st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True)
asked_for = st.lists(st.tuples(values, seeds, st.integers(1, 4)), min_size=1, max_size=5)


def study(width="[8, 16]", seed="3", record="[0, 10]", sweep="", rest="", steps=100):
    training = f"[training]\nsteps = {steps}\nrecord = {record}\n" if record else ""
    return parse_study(
        f'name = "small"\nproblem = "poisson1d"\n[sweep]\nwidth = {width}\ndepth = 1\nseed = {seed}\n{sweep}\n'
        f"[points]\nresidual = 4\nboundary = 2\n{training}{rest}",
        Path(),
    )


def extents(sequence, per_task):
    """The extent after every study of a sequence, whose records become longer by what each says."""
    found, extent, record = [], None, [0]
    for widths, some, more in sequence:
        record = [*record, *range(record[-1] + 1, record[-1] + 1 + more)]
        question = study(width=widths, seed=some, record=record)
        extent = united(extent, question) if extent else first_extent(question, per_task)
        found.append(extent)
    return found


@given(asked_for, st.integers(1, 4))
def test_values_never_move_and_no_chunk_has_values_of_two_extensions(sequence, per_task):
    found = extents(sequence, per_task)
    for before, after in itertools.pairwise(found):
        assert after.continues(before)
        assert (
            dict(zip(after.seeds.positions, after.seeds.values, strict=True)).items()
            >= dict(zip(before.seeds.positions, before.seeds.values, strict=True)).items()
        )
    last = found[-1]
    for segments in (last.seeds, last.steps):
        chunks = [{at // segments.chunk for at in range(*span)} for span in segments.spans]
        assert sum(map(len, chunks)) == len(set().union(*chunks))
        assert len(set(segments.values)) == len(segments.values)


@given(asked_for, st.integers(1, 4))
def test_the_union_holds_every_value_once_and_shows_the_last_study_in_its_order(sequence, per_task):
    last = extents(sequence, per_task)[-1]
    widths, some, _ = sequence[-1]
    shown = [last.axes[0][1][place] for place in last.order[0]]
    assert set(shown) == {width for asked, _, _ in sequence for width in asked}
    assert [width for width in shown if width in widths] == widths
    assert [seed for seed in last.seeds.at(last.order[-1]) if seed in some] == some
    assert sorted(last.order[-1]) == sorted(last.seeds.positions)


@given(asked_for, st.integers(1, 4))
def test_what_is_there_adds_nothing_and_json_keeps_everything(sequence, per_task):
    found = extents(sequence, per_task)
    widths, some, _ = sequence[0]
    record = list(found[0].steps.values)
    assert united(found[-1], study(width=widths, seed=some, record=record)) is found[-1]
    assert from_data(json.loads(json.dumps(to_data(found[-1])))) == found[-1]


def test_gaps_are_between_segments():
    segments = Segments(4, ((0, 1, 2, 3, 4), (7,))).extended([7, 4, 9])
    assert (segments.starts, segments.size) == ((0, 8, 12), 13)
    assert segments.padded(-1) == (0, 1, 2, 3, 4, -1, -1, -1, 7, -1, -1, -1, 9)
    assert segments.at([4, 8]) == (4, 7)
    with pytest.raises(KeyError):
        segments.at([5])


def test_widths_that_are_sorted_stay_so_together():
    extent = first_extent(study(width="[8, 32]"), 2)
    extent = united(extent, study(width="[16, 64]"))
    assert extent.axes[0] == ("network.width", (8, 32, 16, 64))
    assert extent.order[0] == (0, 2, 1, 3)


def test_an_arranged_study_has_all_values_where_they_lie():
    small, large = study(), study(width="[4, 8]", seed="[5, 1]", record="[0, 5000]", steps=5000)
    whole = arranged(large, united(first_extent(small, 2), large))
    assert [axis.values for axis in whole.axes] == [(8, 16, 4), (1,), (0, 1, 2, 5)]
    assert whole.steps == (0, 10, 5000)
    assert (whole.seeds_at([2, 4]), whole.steps_at([2])) == ((2, 5), (5000,))
    assert whole.configuration((2, 0)).network.width == 4
    assert whole.configuration((0, 0)).training.steps == 5000
    assert hash(whole) != hash(large)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sweep": '"network.weight_std" = [1.0, 2.0]'}, r"`network.weight_std` is not swept in the store and is in"),
        ({"record": ""}, r"trains its networks and this one does not.*Write \[training\] as it was"),
        ({"rest": "learning_rate = 0.1\n"}, r"`training.learning_rate` is left to its default.*and 0.1.*Leave"),
        ({"rest": "[kernel]\ntile = 8\n"}, r"`kernel.tile` is left to its default.*and 8 .*another store with --store"),
        ({"record": "[0, 5, 10]"}, r"has step 5, .*before its last step 10.*Write `record = \[0, 10\]` under"),
        ({"record": "[0, 5, 20]"}, r"Write `record = \[0, 10, 20\]` under \[training\]"),
    ],
)
def test_what_cannot_be_extended_is_named_with_what_to_type(changed, message):
    there, here = study(), study(**changed)
    extent = first_extent(there, 2)

    def both():
        check_asked(asked(there), dict(extent.axes), here)
        united(extent, here)

    with pytest.raises(StudyError, match=message):
        both()


def test_an_axis_that_disappears_is_named():
    there = study(sweep='"network.weight_std" = [1.0, 2.0]')
    with pytest.raises(StudyError, match=r"is swept in the store and is not in this study.*Sweep `depth`, .*--store"):
        check_asked(asked(there), [axis.key for axis in there.axes], study())


def test_a_value_that_changes_is_named_with_the_old_one():
    there, here = (study(rest=f"[kernel]\ntile = {tile}\n") for tile in (4, 8))
    with pytest.raises(StudyError, match=r"`kernel.tile` is 4 in the store and 8 .*Write `tile = 4` under \[kernel\]"):
        check_asked(asked(there), [axis.key for axis in there.axes], here)


def test_swept_steps_have_to_reach_the_record_of_all():
    def swept(record, steps):
        text = study(record="", sweep=f'"training.steps" = {steps}', rest=f"[training]\nrecord = {record}\n")
        return text

    extent = first_extent(swept([0, 5], [5, 20]), 2)
    with pytest.raises(StudyError, match=r"`training.steps` is swept over 5, .*record step 20"):
        united(extent, swept([0, 5, 20], [20, 30]))
