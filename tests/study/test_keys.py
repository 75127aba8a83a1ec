import pytest

from hpcpinn.study import keys
from hpcpinn.study.configuration import Configuration
from tests.study.companions import beside

DECLARED = [key for section in keys.SECTIONS for name in keys.names(section) if (key := keys.find(section, name))]


def test_the_sections_are_those_of_a_configuration():
    assert {"problem", "problem_parameters", *keys.SECTIONS} == set(Configuration.model_fields)


@pytest.mark.parametrize("key", DECLARED, ids=lambda key: key.dotted)
def test_every_key_says_what_is_allowed_and_what_to_type(key):
    assert key.examples
    assert key.choices or key.meaning


@pytest.mark.parametrize("key", DECLARED, ids=lambda key: key.dotted)
def test_every_example_is_allowed(study, key):
    for example in key.examples:
        changes = {f"sweep__{key.name}": None} if key.dotted in keys.SHORT.values() else {}
        others = {
            f"{section}__{name}": value
            for section, table in beside(key.section, key.name, example).items()
            for name, value in table.items()
        }
        study(**changes | others | {"training__steps": 10000, f"{key.section}__{key.name}": example})


def test_a_key_of_the_sections_can_be_swept_or_says_why_not():
    swept = {keys.SHORT.get(key, key) for key in keys.sweepable()}
    fixed = {key.dotted for key in DECLARED if key.fixed}
    kernel = {"kernel.keep", "kernel.spectrum", "kernel.summands", "kernel.tile"}
    limit = {"limit.compare", "limit.draws", "limit.seed"}
    training = {"training.record", "training.predict", "weighting.causality", "curriculum.values"}
    assert fixed == kernel | limit | training | {"points.compared"}
    decided = {"seed", "points.<term>", "weights.<term>", "batch.<term>", "problem_parameters.<name>"}
    assert swept - decided == {key.dotted for key in DECLARED} - fixed


@pytest.mark.parametrize(
    ("section", "name"), [("network", "widht"), ("diagnostics", "signal"), ("points", "a.b"), ("seed", "")]
)
def test_what_is_not_a_key_is_not_found(section, name):
    assert keys.find(section, name) is None
