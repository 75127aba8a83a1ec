"""Every preset is valid by itself: its keys exist, its methods read them, and studies with it are studies."""

import pytest

from hpcpinn.study import keys, methods, presets

PRESETS = pytest.mark.parametrize("name", presets.names())
OF_RULES = {"training": "optimizer", "optimizer": "optimizer", "weighting": "weighting"}


def test_there_is_one_for_each_paper():
    assert presets.names() == ("anagnostopoulos2024", "bonfanti2024", "wang2020ntk", "wang2021gradient")


@PRESETS
def test_its_keys_are_keys_and_its_methods_read_them(name):
    for section, table in presets.preset(name).items():
        for key, value in table.items():
            if not isinstance(value, dict):
                assert key in keys.names(section), (section, key)
                continue
            assert key in methods.READ[OF_RULES[section]]
            assert set(value) <= set(methods.read(section, key)), (section, key)


@PRESETS
def test_it_counts_no_rows_and_names_no_weighting(name):
    tables = presets.preset(name)
    assert set(tables["points"]) <= {"sampling"}
    assert not {"steps", "record", "weighting", "predict"} & set(tables["training"])


@PRESETS
def test_every_key_says_where_it_is_from(name):
    folder = presets._FOLDER
    headed = False
    for line in (folder / f"{name}.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            headed = "#" in line
        elif "=" in line and not line.startswith("#"):
            assert headed or "#" in line, line


@PRESETS
def test_a_study_without_training_has_its_network(study, name):
    found = study(preset=name)
    network = found.configuration((0, 0)).network
    assert network.model_dump(include=set(presets.preset(name)["network"])) == presets.preset(name)["network"]
    assert found.preset == name


@PRESETS
@pytest.mark.parametrize("weighting", ["none", "ntk", "gradient_annealing", "residual_attention"])
def test_its_methods_go_together(study, name, weighting):
    for optimizer in presets.preset(name).get("optimizer", {}):
        if optimizer == "lbfgs" and weighting != "none":
            continue
        way = {"training__optimizer": optimizer, "training__weighting": weighting, "training__steps": 5}
        found = study(preset=name, **way).configuration((0, 0))
        assert (found.training.optimizer, found.training.weighting) == (optimizer, weighting)
        for section, rule in (("optimizer", optimizer), ("weighting", weighting)):
            options = presets.preset(name).get(section, {}).get(rule, {})
            assert getattr(found, section).model_dump(include=set(options)) == options
