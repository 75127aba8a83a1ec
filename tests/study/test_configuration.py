import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hpcpinn.study.configuration import Configuration

DOCUMENT = {
    "problem": "poisson1d",
    "network": {"width": 64, "depth": 1},
    "points": {"residual": 64, "boundary": 2},
    "training": {"steps": 100},
}


def of(**sections):
    document = copy.deepcopy(DOCUMENT)
    for name, table in sections.items():
        document[name] = document.get(name, {}) | table
    return Configuration.model_validate(document)


def test_the_defaults_are_those_of_the_contract():
    assert of().model_dump() == {
        "problem": "poisson1d",
        "problem_parameters": {},
        "network": {
            "architecture": "mlp",
            "activation": "tanh",
            "parametrization": "ntk",
            "width": 64,
            "depth": 1,
            "weight_std": 1.0,
            "bias_std": 1.0,
            "input_scaling": "none",
        },
        "points": {"sampling": "grid", "seed": 0, "compared": 4096, "residual": 64, "boundary": 2},
        "training": {
            "optimizer": "gd",
            "learning_rate": "0.5 edge",
            "decay": 1.0,
            "decay_every": 1000,
            "decay_stairs": False,
            "steps": 100,
            "record": (0, 100),
            "loss": "mean",
            "precision": "float64",
            "weighting": "none",
            "predict": False,
        },
        "optimizer": {
            "b1": 0.9,
            "b2": 0.999,
            "eps": 1e-8,
            "pairs": 10,
            "searches": 20,
            "damping": 1e-3,
            "lowest_damping": 1e-12,
            "highest_damping": 1e12,
            "tries": 10,
            "solver": "gram",
            "iterations": 200,
            "tolerance": 1e-6,
            "renewed": 0,
        },
        "weighting": {
            "every": None,
            "average": None,
            "diagonal": "trace",
            "gradient": "parameters",
            "denominator": "unweighted",
            "biases": True,
            "memory": 0.999,
            "rate": 0.01,
            "initial": 0.0,
            "scale": "max",
            "whole_first": False,
            "terms": "interior",
            "slices": 32,
            "coordinate": "t",
            "causality": (0.01, 0.1, 1.0, 10.0, 100.0),
            "threshold": 0.99,
        },
        "weights": {},
        "batch": {"drawn_from": "domain", "every": 1},
        "curriculum": {"parameter": "", "values": (), "every": 1000},
        "kernel": {"precision": "float64", "keep": "all", "tile": 1024, "spectrum": "full", "summands": "none"},
        "limit": {"compare": False, "draws": 200, "seed": 0},
    }


def test_without_training_nothing_is_trained():
    untrained = {name: table for name, table in DOCUMENT.items() if name != "training"}
    assert Configuration.model_validate(untrained).training is None


def test_dumping_and_pickling_keep_everything():
    configuration = of(problem_parameters={"a": True, "b": 1, "c": 1.0, "d": "x"})
    assert Configuration.model_validate(configuration.model_dump()) == configuration
    assert pickle.loads(pickle.dumps(configuration)) == configuration


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        of().network.width = 3


def test_terms_may_be_called_anything_and_keep_their_order():
    counts = {"walls": 1, "counts": 2, "model_dump": 3, "ν": 4}
    configuration = Configuration.model_validate(DOCUMENT | {"points": counts})
    assert list(configuration.points.counts.items()) == list(counts.items())


def test_parameters_keep_their_type():
    given = {"a": True, "b": 1, "c": 1.0, "d": "1"}
    assert [type(value) for value in of(problem_parameters=given).problem_parameters.values()] == [
        bool,
        int,
        float,
        str,
    ]


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_fraction_of_the_edge_has_one_spelling(fraction):
    training = of(training={"learning_rate": f"{fraction:.17e}  edge"}).training
    assert training.edge_fraction == fraction
    assert of(training={"learning_rate": training.learning_rate}).training == training


@pytest.mark.parametrize(
    ("written", "kept", "fraction"),
    [
        ("0.50 edge", "0.5 edge", 0.5),
        ("1.0 edge", "1 edge", 1.0),
        ("2 edge", "2 edge", 2.0),
        (1, 1.0, None),
        (1e-5, 1e-5, None),
    ],
)
def test_a_learning_rate_is_a_number_or_a_fraction_of_the_edge(written, kept, fraction):
    training = of(training={"learning_rate": written}).training
    assert (training.learning_rate, training.edge_fraction) == (kept, fraction)
    assert type(training.learning_rate) is type(kept)


WRONG = {
    "network.width": [0, -1, True, 64.0, "64", 2**63, None, [64]],
    "network.depth": [0, -1, True, 1.0, "1"],
    "network.weight_std": [0, -1.0, True, "1", float("inf"), float("nan")],
    "network.bias_std": [-1e-9, True, "1", float("inf"), float("nan")],
    "network.architecture": ["MLP", "", 1, None],
    "network.parametrization": ["NTK", "sp"],
    "network.input_scaling": [True, "z"],
    "points.sampling": ["random", 3],
    "points.seed": [-1, 2**32, 1.0, True],
    "points.residual": [0, -1, True, 64.0, "64", 2**63],
    "training.learning_rate": [
        0,
        -1,
        True,
        float("inf"),
        float("nan"),
        10**400,
        "fast",
        "edge",
        "0 edge",
        "nan edge",
        "-1 edge",
        [1],
    ],
    "training.steps": [0, 1.0, True],
    "training.record": [[], [1], [0, 0], [0, 2, 1], [0, 101], [-1, 0], [0, True], [0, 1.0], 5, "all"],
    "training.loss": ["mse"],
    "kernel.precision": ["float16", 64],
    "kernel.keep": ["first", True],
    "kernel.tile": [0, 1.5],
    "problem_parameters.beta": [float("inf"), float("nan"), [1], {"a": 1}, None],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_wrong_values_are_refused(key, value):
    section, _, name = key.partition(".")
    with pytest.raises(ValidationError):
        of(**{section: {name: value}})


@given(st.sets(st.integers(1, 100)))
def test_any_increasing_record_from_zero_to_the_last_step_is_kept(steps):
    record = [0, *sorted(steps)]
    assert of(training={"record": record}).training.record == tuple(record)


@given(st.lists(st.integers(-5, 120)).filter(lambda record: record[:1] != [0] or record != sorted(set(record))))
def test_the_record_that_a_refusal_proposes_is_accepted(record):
    with pytest.raises(ValidationError) as caught:
        of(training={"record": record})
    proposed = caught.value.errors()[0]["ctx"]["write"]
    assert of(training={"record": proposed}).training.record == tuple(proposed)


def test_what_has_no_limit_of_infinite_width_is_not_compared_with_it(text, refusal):
    assert refusal(text(network__parametrization="glorot", limit__compare=True)) == (
        '`network.parametrization` cannot be "glorot": `limit.compare` asks for a limit of infinite width, and its '
        "first layer vanishes there; allowed: mup, ntk, standard. "
        'Write for example `parametrization = "standard"` under [network].'
    )
