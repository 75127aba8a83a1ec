import pytest

from hpcpinn.errors import StudyError
from hpcpinn.study import document

NAMES = "at most 100 letters, digits and `.`, `_`, `-`, beginning with a letter or digit"
SYNTAX = (
    "; allowed: TOML, in which texts take quotes and a key stands once. "
    'Correct this place, as in `activation = "tanh"`.'
)


def test_sections_left_out_are_empty_and_training_stays_away():
    read = document.parse('name = "a"\nproblem = "p"')
    assert (read.name, read.sweep) == ("a", {})
    sections = (
        "problem_parameters",
        "network",
        "points",
        "optimizer",
        "weighting",
        "weights",
        "batch",
        "curriculum",
        "kernel",
        "limit",
    )
    empty = {section: {} for section in sections}
    assert read.sections == {"problem": "p", **empty}


def test_an_empty_training_section_is_one():
    assert document.parse('name = "a"\nproblem = "p"\n[training]').sections["training"] == {}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ('name = "a"\nproblem = poisson1d\n', "line 2, column 11: Invalid value"),
        ("width = 1\nwidth = 2\n", "line 2, column 10: Cannot overwrite a value"),
        ("width = ", "end of document: Invalid value"),
    ],
)
def test_a_syntax_error_is_told_with_its_place(refusal, written, place):
    assert refusal(written) == place + SYNTAX


@pytest.mark.parametrize("written", ["a = " + "[" * 5000, "a = " + "9" * 5000], ids=["nesting", "digits"])
def test_a_text_that_the_reader_chokes_on_is_refused_like_any_other(refusal, written):
    assert refusal(written).endswith(SYNTAX)


@pytest.mark.parametrize(
    "section", ["network", "sweep", "points", "training", "optimizer", "weights", "kernel", "problem_parameters"]
)
@pytest.mark.parametrize(("value", "spelled"), [("5", "5"), ("[{ a = 1 }]", "[{a = 1}]")])
def test_a_section_is_a_table(refusal, section, value, spelled):
    step = f"Write `[{section}]` on a line of its own, and its keys below it."
    message = f"`{section}` cannot be {spelled}; allowed: a table. {step}"
    assert refusal(f"{section} = {value}") == message


@pytest.mark.parametrize(("key", "example"), [("name", "poisson1d-width"), ("problem", "poisson1d")])
def test_name_and_problem_are_texts_that_have_to_be_there(text, refusal, key, example):
    step = f'allowed: a text. Write for example `{key} = "{example}"` at the top of the file.'
    assert refusal(text(**{key: None})) == f"`{key}` is missing; {step}"
    assert refusal(text(**{key: 3})) == f"`{key}` cannot be 3; {step}"


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "-a", "a b", "é", "a" * 101, "a\n"])
def test_a_name_can_be_the_name_of_a_folder(text, name):
    with pytest.raises(StudyError) as caught:
        document.parse(text(name=name))
    assert f'allowed: {NAMES}. Write for example `name = "poisson1d-width"`.' in str(caught.value)


@pytest.mark.parametrize("name", ["a", "0", "poisson1d-width", "v1.2_x", "a" * 100])
def test_names_of_letters_digits_and_signs_are_kept(text, name):
    assert document.parse(text(name=name)).name == name
