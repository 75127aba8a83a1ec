"""Ways to train: which keys belong to which optimiser and weighting, and what does not go together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from hpcpinn.errors import StudyError
from hpcpinn.study import toml

# The keys of [optimizer] and of [weighting] that a rule reads.
READ: dict[str, dict[str, tuple[str, ...]]] = {
    "optimizer": {
        "gd": (),
        "adam": ("b1", "b2", "eps"),
        "lbfgs": ("pairs", "searches"),
        "levenberg_marquardt": (
            *("damping", "lowest_damping", "highest_damping", "tries"),
            *("solver", "iterations", "tolerance"),
        ),
        "linearized": ("renewed",),
    },
    "weighting": {
        "none": (),
        "fixed": (),
        "ntk": ("every", "average", "diagonal"),
        "gradient_annealing": ("every", "average", "gradient", "denominator", "biases"),
        "residual_attention": ("memory", "rate", "initial", "scale", "whole_first", "terms"),
    },
}
# Optimisers with a learning rate; that of the others is 1 and found by themselves.
RATED = ("gd", "adam", "linearized")
_OF_RATE = ("learning_rate", "decay", "decay_every", "decay_stairs")
# Steps between two measurements of a weighting, where a study does not say.
EVERY = {"ntk": 100, "gradient_annealing": 10}
# Weightings that change from step to step.
_MOVING = ("ntk", "gradient_annealing", "residual_attention")


@dataclass(frozen=True)
class Given:
    """What else a cell says of its training.

    Attributes:
        is_fraction: whether the learning rate is a fraction of the stability edge.
        predicts: whether linearised dynamics are wanted.
        has_weights: whether terms have factors.
    """

    is_fraction: bool
    predicts: bool
    has_weights: bool


def check(optimizer: str, weighting: str, given: Given) -> None:
    """Refuse what does not go together in one cell.

    Raises:
        PydanticCustomError: with the key, the reason and what to write instead.
    """
    if optimizer == "adam" and given.is_fraction:
        reason = "the stability edge is that of gradient descent"
        raise refused("training", "learning_rate", reason, write=1e-3, allowed="a positive number")
    if optimizer == "lbfgs" and weighting in _MOVING:
        reason = "L-BFGS learns the curvature of one loss, and these weights make another one of it at every step"
        raise refused("training", "weighting", reason, write="fixed", allowed="fixed, none")
    if given.predicts and (optimizer != "gd" or weighting != "none"):
        reason = 'it is of gradient descent without weights, `optimizer = "gd"` and `weighting = "none"`'
        raise refused("training", "predict", reason, write=False, allowed="false")
    if given.has_weights and weighting == "none":
        reason = "[weights] gives factors to terms"
        raise refused("training", "weighting", reason, write="fixed", allowed=_all_but("none"))
    if weighting == "fixed" and not given.has_weights:
        reason = "no term has a factor under [weights]"
        raise refused("training", "weighting", reason, write="none", allowed=_all_but("fixed"))


def refused(section: str, key: str, reason: str, write: object, allowed: str = "") -> PydanticCustomError:
    """The error that `study.refusal` words; what is allowed is all that the key may be unless it is said."""
    context = {"section": section, "key": key, "reason": reason, "write": write}
    return PydanticCustomError("together", "{reason}", context | ({"allowed": allowed} if allowed else {}))


def _all_but(weighting: str) -> str:
    return ", ".join(sorted(set(READ["weighting"]) - {weighting}))


def check_read(given: Mapping[str, Any], swept: Mapping[str, Collection[Any]], base: Mapping[str, Any]) -> None:
    """Refuse keys that no optimiser or weighting of a study reads.

    Args:
        given: the tables as written.
        swept: the axes, by dotted key.
        base: the validated tables.

    Raises:
        StudyError: with what is read instead.
    """
    for section, read in READ.items():
        keys = {*given.get(section, {}), *(key.partition(".")[2] for key in swept if key.startswith(f"{section}."))}
        _check_trained(section, keys, base)
        rules = _rules(section, swept, base)
        unread = sorted(keys - {key for rule in rules for key in read[rule]})
        if unread:
            raise _unread(section, unread[0], rules)
    _check_rate({*given.get("training", {}), *(key.partition(".")[2] for key in swept)}, swept, base)


def _rules(section: str, swept: Mapping[str, Collection[Any]], base: Mapping[str, Any]) -> list[str]:
    """The optimisers, or weightings, of all cells."""
    if base["training"] is None:
        return []
    return list(swept.get(f"training.{section}", [base["training"][section]]))


def _check_trained(section: str, keys: Collection[str], base: Mapping[str, Any]) -> None:
    if keys and base["training"] is None:
        raise StudyError(
            f"`{section}.{sorted(keys)[0]}` is given and nothing is trained; allowed: with [training]. Write "
            f"`[training]` with `steps = 10000`, say, or remove [{section}]."
        )


def _unread(section: str, key: str, rules: list[str]) -> StudyError:
    (others, *_) = [rule for rule, keys in READ[section].items() if key in keys]
    readable = ", ".join(key for rule in rules for key in READ[section][rule]) or "no key at all"
    return StudyError(
        f"`{section}.{key}` means nothing to {' or '.join(f'`{rule}`' for rule in rules)}; allowed: {readable}. Remove "
        f"it, or write `{toml.line(section, others)}` under [training]."
    )


def _check_rate(keys: Collection[str], swept: Mapping[str, Collection[Any]], base: Mapping[str, Any]) -> None:
    rules = _rules("optimizer", swept, base)
    given = [key for key in _OF_RATE if key in keys]
    if rules and given and not set(rules) & set(RATED):
        raise StudyError(
            f"`training.{given[0]}` means nothing to {' or '.join(f'`{rule}`' for rule in rules)}, which finds the "
            f"length of a step by itself; allowed: with {', '.join(RATED)}. Remove it."
        )
