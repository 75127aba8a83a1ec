"""What counts for the identity of a study, and what does not; hashes are pinned, as stores carry them."""

import copy
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn.study import identity, keys
from hpcpinn.study.reading import parse_study
from tests.study.companions import beside

SMALL = {
    "name": "small",
    "problem": "poisson1d",
    "problem_parameters": {"frequency": 2, "shift": 0.5},
    "sweep": {"width": [8, 16], "depth": [1, 2], "seed": 2, "network.activation": ["tanh", "sin"]},
    "network": {"weight_std": 1.5},
    "points": {"residual": 64, "boundary": 2},
    "training": {"steps": 100},
}
DEFAULTS = {
    "network": {"architecture": "mlp", "parametrization": "ntk", "bias_std": 1.0, "input_scaling": "none"},
    "points": {"sampling": "grid", "seed": 0, "compared": 4096},
    "training": {
        "optimizer": "gd",
        "learning_rate": "0.5 edge",
        "decay": 1.0,
        "decay_every": 1000,
        "decay_stairs": False,
        "record": [0, 100],
        "loss": "mean",
        "precision": "float64",
        "weighting": "none",
        "predict": False,
    },
    "kernel": {"precision": "float64", "keep": "all", "tile": 1024, "spectrum": "full", "summands": "none"},
    "limit": {"compare": False, "draws": 200, "seed": 0},
}
OPTIONS = {  # defaults of keys that only some ways to train read
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
        "causality": [0.01, 0.1, 1, 10, 100],
        "threshold": 0.99,
    },
}
OTHER = {  # one other value for each key
    "problem_parameters": {"frequency": 3, "shift": -0.5, "added": 1},
    "sweep": {
        "width": [16, 8],
        "depth": [1, 2, 3],
        "seed": [0, 2],
        "network.activation": ["tanh"],
        "kernel.precision": ["float64"],
    },
    "network": {
        "architecture": "modified_mlp",
        "parametrization": "mup",
        "weight_std": 1.25,
        "bias_std": 0,
        "input_scaling": "zscore",
    },
    "points": {"residual": 65, "boundary": 1, "added": 1, "sampling": "sobol", "seed": 1, "compared": 0},
    "training": {
        "optimizer": "linearized",
        "steps": 101,
        "learning_rate": 0.5,
        "decay": 0.9,
        "decay_every": 5000,
        "decay_stairs": True,
        "record": [0],
        "loss": "sum",
        "precision": "float32",
        "weighting": "residual_attention",
        "predict": True,
    },
    "optimizer": {
        "b1": 0.95,
        "b2": 0.99,
        "eps": 1e-7,
        "pairs": 20,
        "searches": 10,
        "damping": 1e-2,
        "lowest_damping": 1e-9,
        "highest_damping": 1e9,
        "tries": 5,
        "solver": "cg",
        "iterations": 100,
        "tolerance": 1e-5,
        "renewed": 100,
    },
    "weighting": {
        "every": 50,
        "average": 0.5,
        "diagonal": "mean",
        "gradient": "layers",
        "denominator": "weighted",
        "biases": False,
        "memory": 0.99,
        "rate": 0.001,
        "initial": 0.1,
        "scale": "min_max",
        "whole_first": True,
        "terms": "all",
        "slices": 16,
        "coordinate": "x",
        "causality": [1.0, 10.0],
        "threshold": 0.9,
    },
    "weights": {"boundary": 100, "residual": 0.5},
    "batch": {"residual": 32, "drawn_from": "points", "every": 10},
    "curriculum": {"parameter": "frequency", "values": [1.0, 2.0], "every": 5},
    "kernel": {"precision": "float32", "keep": "none", "tile": 512, "spectrum": "none", "summands": "layers"},
    "limit": {"compare": True, "draws": 100, "seed": 1},
}
CHANGES = [(section, key, value) for section, table in OTHER.items() for key, value in table.items()]


def text(tables, order=lambda names: names, comment=""):
    """The tables as TOML, the keys of each in the order that `order` gives them."""
    top = [name for name in tables if not isinstance(tables[name], dict)]
    lines = [f"{name} = {json.dumps(tables[name])}{comment}" for name in order(top)]
    for name in order([name for name in tables if name not in top]):
        lines.append(f"[{name}]{comment}")
        lines.extend(
            f"{json.dumps(key)} = {json.dumps(tables[name][key])}{comment}" for key in order(list(tables[name]))
        )
    return "\n".join(lines)


def hashed(tables, folder=Path(), **how):
    return parse_study(text(tables, **how), folder).identity


def changed(section, key, value, tables=SMALL):
    tables = copy.deepcopy(tables)
    tables.setdefault(section, {})[key] = value
    return tables


def readable(section, key, value):
    """The study with what has to stand beside a key, without the key."""
    tables = copy.deepcopy(SMALL)
    for name, table in beside(section, key, value).items():
        tables[name] = tables.get(name, {}) | table
    return tables


def change(section, key, value):
    """The study with one key changed, and what has to stand beside it."""
    return changed(section, key, value, readable(section, key, value))


def test_the_identity_is_the_hash_of_what_is_asked(study):
    asked = (
        '{"axes":[["network.width",[8,16]],["network.depth",[1]],["seed",[0,1]]],'
        '"base":{"points":{"boundary":2,"residual":64}},'
        '"format":"hpcpinn-study-1",'
        '"problem":{"class":"","kind":"builtin","location":"poisson1d","sha256":null}}'
    )
    assert study().identity == hashlib.sha256(asked.encode()).hexdigest()


def test_identities_are_pinned(study):
    assert study().identity == "2a9b0e25f6407a6429482ecbd28545f09f3337664bed45eaf10f7658c583bc2e"
    assert hashed(SMALL) == "6b2d68a7f25ae5e041519f97085e53ed9db30ec2ec4d57deeb509636b098cdc0"


def test_the_identity_of_a_problem_of_the_users_own_is_pinned(tmp_path):
    (tmp_path / "mine.py").write_bytes(b"class Mine: ...\n")
    assert (
        hashed(SMALL | {"problem": "mine.py:Mine"}, tmp_path)
        == "dfcc8bc4c5e5a692fcbecd4a084a37e94e8f6f72b033ad87763ea809943b7f60"
    )


@settings(max_examples=30)
@given(st.randoms(use_true_random=False), st.sampled_from(["", " # why", "\n\n# why"]))
def test_order_and_comments_do_not_count(random, comment):
    assert hashed(SMALL, order=lambda names: random.sample(names, len(names)), comment=comment) == hashed(SMALL)


@given(st.sets(st.sampled_from([(section, key) for section, table in DEFAULTS.items() for key in table])))
def test_defaults_spelled_out_do_not_count(spelled):
    tables = copy.deepcopy(SMALL)
    for section, key in spelled:
        tables.setdefault(section, {})[key] = DEFAULTS[section][key]
    assert hashed(tables) == hashed(SMALL)


@pytest.mark.parametrize("option", [(section, key) for section, table in OPTIONS.items() for key in table])
def test_default_options_of_a_method_spelled_out_do_not_count(option):
    section, key = option
    value = OPTIONS[section][key]
    assert hashed(change(section, key, value)) == hashed(readable(section, key, value))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("sweep", "seed", [0, 1]),
        ("network", "bias_std", 1),
        ("problem_parameters", "frequency", 2.0),
        ("training", "learning_rate", "0.50 edge"),
        ("training", "steps", 100),
    ],
)
def test_another_spelling_of_a_value_does_not_count(section, key, value):
    assert hashed(changed(section, key, value)) == hashed(SMALL)


def test_the_name_and_the_place_of_a_single_width_do_not_count(study):
    in_sweep, as_scalar = study(sweep__width=[64]), study(sweep__width=64, name="other")
    assert in_sweep.identity == as_scalar.identity == study(sweep__width=None, network__width=64).identity


@pytest.mark.parametrize(("section", "key", "value"), CHANGES)
def test_any_value_counts(section, key, value):
    without = SMALL if section in ("training", "weights") else readable(section, key, value)
    assert hashed(change(section, key, value)) != hashed(without)


def test_no_two_changes_are_the_same_study():
    assert len({hashed(SMALL), *(hashed(change(*each)) for each in CHANGES)}) == 1 + len(CHANGES)


def test_every_key_with_a_choice_is_among_the_changes():
    short = {"network.width", "network.depth", "network.activation"}
    declared = {f"{section}.{name}" for section in keys.SECTIONS for name in keys.names(section)}
    assert declared - short <= {f"{section}.{key}" for section, key, _ in CHANGES}


def test_the_problem_and_whether_there_is_training_count():
    untrained = {name: table for name, table in SMALL.items() if name != "training"}
    assert len({hashed(SMALL), hashed(untrained), hashed(SMALL | {"problem": "heat1d"})}) == 3


@settings(max_examples=30)
@given(st.permutations([8, 16, 32]))
def test_the_order_of_the_values_of_an_axis_counts(widths):
    assert (hashed(changed("sweep", "width", widths)) == hashed(changed("sweep", "width", [8, 16, 32]))) is (
        widths == [8, 16, 32]
    )


def test_of_a_problem_file_the_content_and_the_class_count_and_the_path_does_not(tmp_path):
    for folder, name, code in [("a", "mine.py", b"1"), ("b", "yours.py", b"1"), ("c", "mine.py", b"2")]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(code)
    first = hashed(SMALL | {"problem": "mine.py:Mine"}, tmp_path / "a")
    assert first == hashed(SMALL | {"problem": "yours.py:Mine"}, tmp_path / "b")
    assert first != hashed(SMALL | {"problem": "mine.py:Mine"}, tmp_path / "c")
    assert first != hashed(SMALL | {"problem": "mine.py:Yours"}, tmp_path / "a")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_the_canonical_text_reads_back_as_what_it_was_written_from(value):
    assert json.loads(identity.canonical(value)) == value
    assert identity.canonical(json.loads(identity.canonical(value))) == identity.canonical(value)


def test_what_is_not_a_number_has_no_identity():
    with pytest.raises(ValueError, match="not JSON compliant"):
        identity.canonical([float("nan")])


def test_a_digest_is_pinned():
    assert (
        identity.digest({"b": 1.0, "a": [True, None, 0.5, "x"]})
        == "ed95fd3fc0e5dac5639500be62f334f2241eb9f3c83179c162f49b85a29acd4f"
    )
