"""What a preset sets in a study: the keys that the study does not give and that its sections and methods read.

Values of a preset are written into the text of the study, which is what a store keeps: nothing of a study is hidden in
a version of the package, and the identity is that of the same study written by hand.
"""

from collections.abc import Collection, Mapping
from typing import Any

from hpcpinn.errors import StudyError
from hpcpinn.study import keys, methods, presets, sweep, toml
from hpcpinn.study.document import Document

# Sections that ask for something by standing there: a preset adds to them and does not make them.
_ASKED_FOR = ("batch", "curriculum", "limit")


def expanded(text: str, document: Document) -> str:
    """The text of a study with the keys of its preset in their tables; itself without one.

    Raises:
        StudyError: the preset has several values of a key for the methods of the study.
    """
    if not document.preset:
        return text
    from hpcpinn.study import writing  # tomlkit, for studies with a preset alone

    return writing.with_preset(text, document.preset, additions(document))


def additions(document: Document) -> dict[str, dict[str, Any]]:
    """The keys that the preset of a study adds to it, by section.

    Raises:
        StudyError: the preset has several values of a key for the methods of the study.
    """
    preset, swept = presets.preset(document.preset), sweep.values(document)
    found: dict[str, dict[str, Any]] = {}
    for section in filter(lambda one: _is_there(one, document), keys.SECTIONS):
        plain = {key: value for key, value in preset.get(section, {}).items() if not isinstance(value, dict)}
        found[section] = _free(section, plain, document, swept)
    for kind, sections in {"optimizer": ("training", "optimizer"), "weighting": ("weighting",)}.items():
        rules = _rules(kind, found, document, swept)
        for section in sections:
            options = {rule: preset.get(section, {}).get(rule, {}) for rule in rules}
            free = {rule: _free(section, given, document, swept) for rule, given in options.items()}
            found.setdefault(section, {}).update(_common(document.preset, section, free))
    return {section: added for section, added in found.items() if added}


def _is_there(section: str, document: Document) -> bool:
    if section in _ASKED_FOR:
        return bool(document.sections[section])
    return "training" in document.sections or section not in ("training", "optimizer", "weighting", "weights")


def _free(section: str, table: Mapping[str, Any], document: Document, swept: Collection[str]) -> dict[str, Any]:
    """The keys of a table that the study does not give."""
    given = document.sections.get(section, {})
    return {key: value for key, value in table.items() if key not in given and f"{section}.{key}" not in swept}


def _rules(
    kind: str, found: Mapping[str, dict[str, Any]], document: Document, swept: Mapping[str, list[Any]]
) -> list[str]:
    """The optimisers, or weightings, of a study with a preset; what is none of them is refused later."""
    if "training" not in document.sections:
        return []
    training = {**found["training"], **document.sections["training"]}
    default = keys.find("training", kind)
    one = training.get(kind, default.default if default else None)
    return [rule for rule in swept.get(f"training.{kind}", [one]) if isinstance(rule, str)]


def _common(preset: str, section: str, options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The one value of every key, for all rules that read it."""
    named = dict.fromkeys(key for given in options.values() for key in given)
    found = {}
    for key in named:
        of_rules = {rule: given.get(key) for rule, given in options.items() if key in methods.read(section, rule)}
        first, *others = of_rules.values()
        if any(other != first for other in others):
            raise _several(preset, section, key, of_rules)
        found[key] = first
    return found


def _several(preset: str, section: str, key: str, of_rules: Mapping[str, Any]) -> StudyError:
    told = (f"{'left open' if v is None else toml.spelled(v)} for `{rule}`" for rule, v in of_rules.items())
    example = next(value for value in of_rules.values() if value is not None)
    return StudyError(
        f"the preset `{preset}` has no one value of `{section}.{key}`: it is {' and '.join(told)}; allowed: a study "
        f"that gives it. Write for example `{toml.line(key, example)}` under [{section}]."
    )
