import dataclasses

import pytest

from hpcpinn.errors import StudyError
from hpcpinn.plan.labels import dtype_of


def label(plan, name):
    return next(variable for variable in plan.coordinates if variable.name == name)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((1, 2), "int64"),
        ((1.0, 2), "float64"),
        ((True, False), "bool"),
        (("tanh",), "string"),
        ((True, 1), "string"),
    ],
)
def test_an_axis_has_the_narrowest_type(values, dtype):
    assert dtype_of(values) == dtype


def test_there_is_a_label_for_every_dimension_that_has_names(plan):
    names = [variable.name for variable in plan().coordinates]
    assert names == ["width", "depth", "seed", "step", "block", "term_name", "task", "term", "x"]


def test_swept_axes_are_labelled_with_their_values_type(plan):
    planned = plan(sweep='"network.activation" = ["tanh", "erf"]\n"training.learning_rate" = [0.1, 1]')
    assert label(planned, "activation").dtype == "string"
    assert label(planned, "learning_rate").dtype == "float64"
    assert label(planned, "learning_rate").attrs["long_name"] == "training.learning_rate"


def test_rows_depend_on_swept_points_and_on_nothing_else(plan):
    planned = plan(sweep='"points.residual" = [4, 6]\n"network.activation" = ["tanh", "erf"]', points="boundary = 2")
    assert label(planned, "term").dims == ("residual", "row")
    assert label(planned, "x").shape == (2, 8)


def test_labels_are_one_chunk(plan):
    assert all(variable.chunks == variable.shape for variable in plan().coordinates)


def test_a_coordinate_called_like_an_axis_is_refused(plan, outline):
    with pytest.raises(StudyError, match=r"two arrays called `width`.*Rename"):
        plan(outline=dataclasses.replace(outline, coordinates=("width",)))
