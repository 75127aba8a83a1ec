"""What a preset adds to a study: what the study does not say and its methods read, in the text that is stored."""

from pathlib import Path

import pytest

from hpcpinn.study import presets
from hpcpinn.study.reading import parse_study

TRAINED = {"training__steps": 5}
# The keys of wang2020ntk in a study of gradient descent with weights from the kernel, by hand.
BY_HAND = {
    "network": {
        "activation": "tanh",
        "parametrization": "standard",
        "weight_std": 1.0,
        "bias_std": 1.0,
        "input_scaling": "zscore",
    },
    "points": {"residual": 64, "boundary": 2, "sampling": "grid"},
    "training": {
        "steps": 5,
        "weighting": "ntk",
        "loss": "mean",
        "optimizer": "gd",
        "learning_rate": 1e-5,
        "decay": 1.0,
    },
    "weighting": {"every": 100, "average": 1.0, "diagonal": "trace"},
}


@pytest.fixture
def preset(monkeypatch):
    """Puts a preset of these tables in the place of wang2020ntk."""

    def put(**tables):
        monkeypatch.setattr(presets, "preset", lambda _: tables)

    return put


def reread(found):
    return parse_study(found.text, Path())


def test_the_study_is_that_which_is_written_by_hand(study):
    found = study(preset="wang2020ntk", training__weighting="ntk", **TRAINED)
    by_hand = study(**BY_HAND)
    assert found.identity == by_hand.identity
    assert (found.base, found.axes) == (by_hand.base, by_hand.axes)


def test_the_text_says_every_key_and_whose_it_is(study):
    text = study(preset="wang2020ntk", **TRAINED).text
    for line in ('parametrization = "standard"', "learning_rate = 1e-05", 'loss = "mean"', 'input_scaling = "zscore"'):
        assert f"{line}  # wang2020ntk\n" in text
    assert '# preset = "wang2020ntk"\n' in text


@pytest.mark.parametrize("name", presets.names())
def test_the_text_is_the_same_study_whatever_becomes_of_the_preset(study, preset, name):
    found = study({"training.weighting": ["none", "ntk"]}, preset=name, **TRAINED)
    preset(network={"bias_std": 7.0})
    again = reread(found)
    assert (again.identity, again.base, again.text) == (found.identity, found.base, found.text)
    assert again == found
    assert (found.preset, again.preset) == (name, "")


def test_what_the_study_says_wins(study):
    mine = {"network__bias_std": 0.25, "points__sampling": "sobol", "training__learning_rate": 0.5}
    found = study(preset="wang2020ntk", **mine, **TRAINED).configuration((0, 0))
    assert (found.network.bias_std, found.points.sampling, found.training.learning_rate) == (0.25, "sobol", 0.5)


def test_what_the_study_sweeps_wins(study):
    swept = {"network.bias_std": [0.0, 1.0], "training.loss": ["sum", "mean"]}
    found = study(swept, preset="wang2020ntk", **TRAINED)
    assert [axis.name for axis in found.axes] == ["width", "depth", "bias_std", "training_loss", "seed"]


def test_a_sweep_in_tables_wins_as_well():
    found = parse_study(
        'name = "a"\nproblem = "poisson1d"\npreset = "wang2020ntk"\n[points]\nresidual = 4\n'
        "[sweep]\nwidth = 4\ndepth = 1\n[sweep.network]\nbias_std = [0.0, 0.5]\n",
        Path(),
    )
    assert {axis.name: axis.values for axis in found.axes}["bias_std"] == (0.0, 0.5)


def test_without_training_nothing_is_trained(study):
    found = study(preset="wang2020ntk")
    assert found.base["training"] is None
    assert "[training]" not in found.text


@pytest.mark.parametrize(("weighting", "there"), [("none", False), ("ntk", True), ("gradient_annealing", False)])
def test_a_weighting_has_options_where_it_is_used(study, weighting, there):
    text = study(preset="wang2020ntk", training__weighting=weighting, **TRAINED).text
    assert ("[weighting]" in text) == there


def test_a_weighting_has_options_where_one_cell_uses_it(study):
    found = study({"training.weighting": ["none", "ntk"]}, preset="wang2020ntk", **TRAINED)
    assert found.base["weighting"]["every"] == 100


def test_a_value_may_be_a_list(study):
    swept = {"training.optimizer": ["adam", "levenberg_marquardt"], "training.weighting": ["none", "causal"]}
    found = study(swept, preset="bonfanti2024", problem="burgers1d", points__initial=2, **TRAINED)
    assert found.base["weighting"]["causality"] == (0.01, 0.1, 1.0, 10.0, 100.0)
    assert "causality = [0.01, 0.1, 1.0, 10.0, 100.0]  # bonfanti2024\n" in found.text


def test_another_optimizer_has_its_own_rate(study):
    found = study(preset="wang2020ntk", training__optimizer="adam", **TRAINED).configuration((0, 0))
    assert (found.training.learning_rate, found.training.decay) == (1e-3, 0.9)


def test_an_optimizer_that_finds_its_steps_has_no_rate(study):
    text = study(preset="bonfanti2024", **TRAINED).text
    assert "learning_rate" not in text
    assert "tries = 10  # bonfanti2024" in text


def test_batches_have_options_where_there_are_batches(study):
    assert "[batch]" not in study(preset="wang2021gradient", **TRAINED).text
    found = study(preset="wang2021gradient", batch__residual=8, **TRAINED)
    assert 'drawn_from = "domain"  # wang2021gradient' in found.text
    assert "every = 1  # wang2021gradient" in found.text


def test_one_key_with_two_values_is_refused(text, refusal):
    written = text({"training.optimizer": ["gd", "adam"]}, preset="wang2020ntk", **TRAINED)
    assert refusal(written) == (
        "the preset `wang2020ntk` has no one value of `training.learning_rate`: it is 1e-05 for `gd` and 0.001 for "
        "`adam`; allowed: a study that gives it. Write for example `learning_rate = 1e-05` under [training]."
    )


def test_a_key_that_another_method_reads_as_well_is_refused(text, refusal):
    written = text({"training.weighting": ["ntk", "gradient_annealing"]}, preset="wang2020ntk", **TRAINED)
    assert refusal(written) == (
        "the preset `wang2020ntk` has no one value of `weighting.every`: it is 100 for `ntk` and left open for "
        "`gradient_annealing`; allowed: a study that gives it. Write for example `every = 100` under [weighting]."
    )


@pytest.mark.parametrize(
    ("value", "spelled", "hint", "example"),
    [
        ("wang2020", '"wang2020"', " Did you mean `wang2020ntk`?", "wang2020ntk"),
        ("", '""', "", "anagnostopoulos2024"),
        (3, "3", "", "anagnostopoulos2024"),
    ],
)
def test_an_unknown_preset_is_refused(text, refusal, value, spelled, hint, example):
    known = "anagnostopoulos2024, bonfanti2024, wang2020ntk, wang2021gradient"
    assert refusal(text(preset=value)) == (
        f"`preset` cannot be {spelled}; allowed: {known}.{hint} "
        f'Write for example `preset = "{example}"` at the top of the file.'
    )


@pytest.mark.parametrize("value", ["adm", 3])
def test_a_wrong_method_is_refused_as_without_a_preset(text, refusal, value):
    wrong = {"training__optimizer": value, "training__learning_rate": 1e-3, **TRAINED}
    assert refusal(text(preset="wang2020ntk", **wrong)) == refusal(text(**wrong))
