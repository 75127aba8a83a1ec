import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.study import axes

words = st.sampled_from(
    ["width", "seed", "steps", "loss", "row", "residual", "points_seed", "points_width", "a", "a_b", "b"]
)
dotted = st.builds("{}.{}".format, st.sampled_from(["network", "points", "training", "problem_parameters"]), words)


@given(st.lists(dotted, unique=True))
def test_names_are_distinct_and_never_those_of_the_dataset(more):
    names = axes.named(dict.fromkeys([*axes.ALWAYS, *more]))
    assert len(set(names.values())) == len(names)
    assert not axes.RESERVED & set(names.values())
    assert [names[key] for key in axes.ALWAYS] == ["width", "depth", "seed"]
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names.values())


@given(st.permutations(["points.a", "training.a", "training.steps", "points.residual", *axes.ALWAYS]))
def test_names_do_not_depend_on_the_order(order):
    assert axes.named(order) == axes.named(sorted(order))


@pytest.mark.parametrize(
    ("others", "names"),
    [
        (["points.residual"], ["residual"]),
        (["points.seed"], ["points_seed"]),
        (["training.loss"], ["training_loss"]),
        (["points.a", "problem_parameters.a"], ["points_a", "problem_parameters_a"]),
        (["points.seed", "problem_parameters.points_seed"], ["points_seed", "problem_parameters_points_seed"]),
        (["problem_parameters.kernel", "kernel.precision"], ["problem_parameters_kernel", "precision"]),
    ],
)
def test_a_name_that_is_taken_or_reserved_gives_way_to_the_whole_key(others, names):
    assert [axes.named([*axes.ALWAYS, *others])[key] for key in others] == names


def test_axes_are_width_depth_the_others_by_key_and_seed(study):
    swept = study({"training.steps": [5], "network.activation": ["tanh"]}, training__record=[0])
    assert [axis.key for axis in swept.axes] == [
        "network.width",
        "network.depth",
        "network.activation",
        "training.steps",
        "seed",
    ]


def test_values_stay_in_the_order_written(study):
    assert study(sweep__width=[64, 8, 16]).axes[0].values == (64, 8, 16)


def test_a_number_is_a_number_however_it_is_written(study):
    swept = study({"network.weight_std": [1, 2.5]})
    assert [type(value) for value in swept.axes[2].values] == [float, float]


@pytest.mark.parametrize(
    ("key", "values", "value", "distinct"),
    [
        ("network.weight_std", [1, 2, 1.0], "1.0", "[1.0, 2.0]"),
        ("training.learning_rate", ["0.5 edge", 1e-3, "0.50 edge"], '"0.5 edge"', '["0.5 edge", 0.001]'),
        ("problem_parameters.beta", [2, 2.0], "2.0", "[2]"),
        ("network.activation", ["sin", "sin"], '"sin"', '["sin"]'),
    ],
)
def test_the_same_value_twice_is_refused(text, refusal, key, values, value, distinct):
    assert refusal(text({key: values}, training__steps=5)) == (
        f"`{key}` has the value {value} twice; allowed: every value of an axis once. "
        f'Write `"{key}" = {distinct}` under [sweep].'
    )


def test_true_is_not_one(study):
    assert study({"problem_parameters.flag": [True, 1]}).axes[2].values == (True, 1)
