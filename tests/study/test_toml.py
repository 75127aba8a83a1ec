import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpcpinn.study import toml

scalars = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text("aé \"\\=#'\n\t", max_size=8)
)


@example("=", -(2**63))
@given(st.text("ab.-_ é=", min_size=1, max_size=8), scalars | st.lists(scalars, max_size=3))
def test_a_line_reads_back_as_what_it_was_written_from(key, value):
    written = toml.line(key, value)
    if len(toml.spelled(value)) < toml.LONGEST:
        read = tomllib.loads(written)[key]
        assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("value", [list(range(1000)), "a" * 1000, 16**5000, {"a": [1] * 1000}], ids=type)
def test_a_long_value_is_cut(value):
    assert len(toml.spelled(value)) == toml.LONGEST
    assert toml.spelled(value).endswith("...")


def test_a_table_is_told_on_one_line():
    assert toml.spelled({"a": 1, "b": {"c": "d"}}) == '{a = 1, b = {c = "d"}}'
