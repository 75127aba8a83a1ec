"""The wording of refusals: the value that was given, what is allowed, and what to type instead."""

import difflib
from collections.abc import Collection
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hpcpinn.errors import StudyError, nearest
from hpcpinn.study import keys, toml

# A misspelt key is usually why another is missing, and a default that could not be made is never the cause.
_RANKS = {"extra_forbidden": 0, "missing": 2, "default_factory_not_called": 3}


def of(error: ValidationError, document: dict[str, Any], swept: Collection[str] = ()) -> StudyError:
    """Word the first thing wrong with a document; the dotted keys `swept` have their value from `[sweep]`."""
    first = min(error.errors(include_url=False), key=lambda details: _RANKS.get(details["type"], 1))
    section, name = _place(first)
    key = keys.find(section, name)
    if key is None:
        return unknown(section, name, document[section][name])
    if first["type"] == "missing":
        return missing(key)
    return _wrong(key, document[section].get(name, key.default), key.dotted in swept, first)


def _place(details: ErrorDetails) -> tuple[str, str]:
    """Section and name of the key: a rule that joins keys names in its context the one it refuses."""
    context = details.get("ctx", {})
    named = (context[part] for part in ("section", "key") if part in context)
    section, name = (str(part) for part in (*details["loc"], *named)[:2])
    return section, name


def unknown(section: str, name: str, value: object) -> StudyError:
    """Word a key that its table does not have."""
    if section in keys.OPEN:
        what = "parameter" if section == "problem_parameters" else "term"
        return StudyError(
            f"`{name}` in [{section}] cannot name a {what}; allowed: letters, digits and `_`, not beginning with a "
            f"digit. Rename or remove `{toml.line(name, value)}`."
        )
    allowed = nearest(name, keys.names(section))
    return StudyError(f"`{toml.line(name, value)}` is not a key of [{section}]; {allowed} {home(name)}")


def home(name: str) -> str:
    """Say what to do with a key that stands in the wrong table, or in none."""
    tables = [f"[{table}]" for table in keys.homes(name)]
    return f"Write it under {' or '.join(tables)}." if tables else "Correct or remove it."


def missing(key: keys.Key) -> StudyError:
    """Word a key without which a section says nothing."""
    step = f"Write for example `{toml.line(key.name, key.examples[0])}` under [{key.section}]"
    if len(key.examples) > 1:
        step += f", or `{toml.line(key.swept, key.examples)}` under [sweep]"
    return StudyError(f"`{key.dotted}` is missing; allowed: {key.meaning}. {step}.")


def twice(key: str, *given: tuple[str, str]) -> StudyError:
    """Word a key that is given by more than one line: each is told with the table it stands in."""
    lines = " and as ".join(f"`{line}` under [{table}]" for line, table in given)
    return StudyError(f"`{key}` is given twice: as {lines}; allowed: one value or one list. Remove one of them.")


def _wrong(key: keys.Key, value: object, swept: bool, details: ErrorDetails) -> StudyError:
    if isinstance(value, list) and value and not swept and not key.fixed:
        step = f"Write `{toml.line(key.swept, value)}` under [sweep] to study them all."
        return StudyError(f"`{key.dotted}` cannot be {toml.spelled(value)}; allowed: one value. {step}")
    context = details.get("ctx", {})
    default = ", its default" if value == key.default else ""
    reason = f": {context['reason']}" if "reason" in context else ""
    return StudyError(
        f"`{key.dotted}` cannot be {toml.spelled(value)}{default}{reason}; {_allowed(key, value, context)} "
        f"Write for example {_instead(_meant(key), value, swept, context)}."
    )


def _allowed(key: keys.Key, value: object, context: dict[str, Any]) -> str:
    if "allowed" in context:
        return f"allowed: {context['allowed']}."
    if key.choices:
        return nearest(str(value), key.choices)
    meant = _meant(key)
    return f"allowed: {key.meaning}." + ("" if meant == key else f" Did you mean `{meant.name}`?")


def _meant(key: keys.Key) -> keys.Key:
    """The declared key that a key is close to: `samplng` in [points] counts as a term that got a text."""
    close = difflib.get_close_matches(key.name, keys.names(key.section), n=1)
    return keys.find(key.section, close[0]) or key if close else key


def _instead(key: keys.Key, value: object, swept: bool, context: dict[str, Any]) -> str:
    close = difflib.get_close_matches(str(value), key.choices, n=1)
    examples = [context["write"]] if "write" in context else close or list(key.examples)
    if swept:
        return f"`{toml.line(key.swept, examples)}` under [sweep]"
    return f"`{toml.line(key.name, examples[0])}` under [{key.section}]"
