import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn import errors
from hpcpinn.model.derivative_names import is_derivative, parse


@given(st.lists(st.sampled_from(["t", "x", "y"]), max_size=4), st.sampled_from(["u", "v", "pressure"]))
def test_a_name_counts_the_letters_of_its_coordinates_in_any_order(letters, field):
    fields, coordinates = ("u", "v", "pressure"), ("t", "x", "y")
    name = field + ("_" + "".join(letters) if letters else "")
    assert parse(name, fields, coordinates) == (fields.index(field), tuple(letters.count(c) for c in coordinates))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("u", (0, (0, 0))), ("u_r", (1, (0, 0))), ("u_r_x1x1x2", (1, (2, 1))), ("u_x2", (0, (0, 1)))],
)
def test_fields_and_coordinates_may_have_long_names(name, expected):
    assert parse(name, fields=("u", "u_r"), coordinates=("x1", "x2")) == expected


def test_a_derivative_has_the_name_of_its_field_first():
    assert is_derivative("u_tx", "u", ("t", "x"))
    assert not is_derivative("u", "u", ("t", "x"))
    assert not is_derivative("u_r", "u", ("t", "x"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("w", r"`f.w` is neither a field nor a derivative of one; allowed: u, u_t, u_x"),
        ("u_z", r"`f.u_z` is neither.*Did you mean `u"),
        ("u_", r"`f.u_` is neither"),
        ("ux", r"`f.ux` is neither.*repeat the coordinate: `f.u_xx`"),
        ("u_xxxxx", r"`f.u_xxxxx` is a derivative of order 5; allowed: up to order 4. Write the equation as a system"),
    ],
)
def test_other_names_are_refused(name, message):
    with pytest.raises(errors.ProblemError, match=message):
        parse(name, fields=("u",), coordinates=("t", "x"))
