"""Keys of a preset in the text of a study: what was there stays, byte by byte."""

import tomllib

import pytest

from hpcpinn.errors import StudyError
from hpcpinn.study import writing

WRITTEN = """\
# Why it is asked.
name = "a"
preset = "p"   # because
problem = "q"

[network]   # the net
depth = 1                  # one layer

# What follows is about training.
[training]
steps = 10
record = [
    0,  # the first
    10,
]

# The end.
"""
AFTER = """\
# Why it is asked.
name = "a"
# preset = "p"   # because
problem = "q"

[network]   # the net
depth = 1                  # one layer
bias_std = 0.0  # p
activation = "tanh"  # p

# What follows is about training.
[training]
steps = 10
record = [
    0,  # the first
    10,
]
loss = "sum"  # p

# The end.

[points]
sampling = "grid"  # p
"""
TABLES = {
    "network": {"bias_std": 0.0, "activation": "tanh"},
    "training": {"loss": "sum"},
    "points": {"sampling": "grid"},
}


def test_keys_stand_behind_those_of_their_table():
    assert writing.with_preset(WRITTEN, "p", TABLES) == AFTER


def test_without_keys_the_line_of_the_preset_becomes_a_comment():
    assert writing.with_preset(WRITTEN, "p", {}) == WRITTEN.replace("preset =", "# preset =")


def test_lines_end_as_they_did():
    windows = WRITTEN.replace("\n", "\r\n")
    assert writing.with_preset(windows, "p", TABLES) == AFTER.replace("\n", "\r\n")


def test_a_last_line_without_an_end_gets_one():
    text = 'preset = "p"\n[network]\ndepth = 1'
    assert writing.with_preset(text, "p", {"network": {"width": 2}}).endswith("depth = 1\nwidth = 2  # p\n")


@pytest.mark.parametrize("text", ["[network]", "[network]\n\n# Next.\n[points]\na = 1\n"])
def test_a_table_may_be_empty(text):
    found = writing.with_preset(f'preset = "p"\n{text}', "p", {"network": {"width": 2}})
    assert "[network]\nwidth = 2  # p\n" in found


@pytest.mark.parametrize("spelling", ["'p'", '"""p"""', '"\\u0070"'])
def test_a_preset_may_be_spelled_in_any_way(spelling):
    assert writing.with_preset(f"preset = {spelling}\n", "p", {}) == '# preset = "p"\n'


def test_an_inline_table_says_behind_it_what_is_not_the_users():
    found = writing.with_preset('preset = "p"\nnetwork = { depth = 1 }  # net\n', "p", {"network": {"width": 2}})
    assert tomllib.loads(found) == {"network": {"depth": 1, "width": 2}}
    assert found.endswith("# net; p: width\n")


def test_keys_with_dots_get_more_of_them():
    found = writing.with_preset('preset = "p"\nnetwork.depth = 1\nname = "a"\n', "p", {"network": {"width": 2}})
    assert found == '# preset = "p"\nnetwork.depth = 1\nnetwork.width = 2  # p\nname = "a"\n'


def test_what_stands_deeper_stays_where_it_is():
    text = 'preset = "p"\n[network]\ndepth = 1\n[network.more]\nkey = 1\n'
    found = tomllib.loads(writing.with_preset(text, "p", {"network": {"width": 2}}))
    assert found == {"network": {"depth": 1, "width": 2, "more": {"key": 1}}}


def test_a_text_without_room_is_refused(monkeypatch):
    monkeypatch.setattr(writing, "_says", lambda *_: False)
    with pytest.raises(StudyError) as caught:
        writing.with_preset(WRITTEN, "p", TABLES)
    assert str(caught.value) == (
        "the preset `p` adds keys to [network], [training], [points], and the way they are written here leaves no room "
        "for them; allowed: tables that begin with a line of their own. Write `[network]` on such a line, and its keys "
        "below it."
    )
