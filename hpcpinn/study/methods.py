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
        "causal": ("slices", "coordinate", "causality", "threshold"),
    },
}
# Optimisers with a learning rate; that of the others is 1 and found by themselves.
RATED = ("gd", "adam", "linearized")
# Optimisers that only need to know roughly where it goes down.
ROUNDED = ("gd", "adam")
_OF_RATE = ("learning_rate", "decay", "decay_every", "decay_stairs")
# Steps between two measurements of a weighting, where a study does not say.
EVERY = {"ntk": 100, "gradient_annealing": 10}
_PREDICTABLE = (
    'it is of gradient descent without weights, batches and curriculum, `optimizer = "gd"` and `weighting = "none"`'
)
# Weightings that change from step to step.
_MOVING = ("ntk", "gradient_annealing", "residual_attention", "causal")


@dataclass(frozen=True)
class Given:
    """What else a cell says of its training.

    Attributes:
        is_fraction: whether the learning rate is a fraction of the stability edge.
        predicts: whether linearised dynamics are wanted.
        has_weights: whether terms have factors.
        has_batches: whether a step looks at some rows of a term only.
        is_taught: whether a parameter of the problem has other values at first.
        precision: of residuals and slopes.
    """

    is_fraction: bool
    predicts: bool
    has_weights: bool
    has_batches: bool = False
    is_taught: bool = False
    precision: str = "float64"

    @property
    def is_one_loss(self) -> bool:
        """Whether every step makes the same loss small, but for the weights of terms."""
        return not (self.has_batches or self.is_taught)


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
    if optimizer == "lbfgs" and given.has_batches:
        reason = "L-BFGS learns the curvature of one loss, and every batch has another one"
        raise refused("training", "optimizer", reason, write="adam", allowed=_all_but("lbfgs", "optimizer"))
    if given.precision == "float32" and optimizer not in ROUNDED:
        reason = f"`{optimizer}` compares losses, or solves for its steps, more finely than float32 can tell"
        raise refused("training", "precision", reason, write="float64", allowed="float64")
    if weighting == "residual_attention" and given.has_batches:
        reason = "its weights belong to points, and a batch has others at every step"
        raise refused("training", "weighting", reason, write="none", allowed=_all_but("residual_attention"))
    if given.predicts and not (optimizer == "gd" and weighting == "none" and given.is_one_loss):
        raise refused("training", "predict", _PREDICTABLE, write=False, allowed="false")
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


def _all_but(rule: str, section: str = "weighting") -> str:
    return ", ".join(sorted(set(READ[section]) - {rule}))


def read(section: str, rule: str) -> tuple[str, ...]:
    """The keys of [optimizer], [weighting] or [training] that a rule reads; none for one that does not exist.

    Of [training] these are the keys of the learning rate.
    """
    if section == "training":
        return _OF_RATE if rule in RATED else ()
    return READ[section].get(rule, ())


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
        keys = _keys(section, given, swept)
        _check_trained(section, keys, base)
        rules = _rules(section, swept, base)
        unread = sorted(keys - {key for rule in rules for key in read[rule]})
        if unread:
            raise _unread(section, unread[0], rules)
    for section in ("batch", "curriculum"):
        _check_trained(section, _keys(section, given, swept), base)
    _check_batched(_keys("batch", given, swept), base)
    _check_taught(_keys("curriculum", given, swept), swept, base)
    _check_rate({*given.get("training", {}), *(key.partition(".")[2] for key in swept)}, swept, base)


def _keys(section: str, given: Mapping[str, Any], swept: Collection[str]) -> set[str]:
    """The keys of a section that a study gives, in its own table or as axes."""
    return {*given.get(section, {}), *(key.partition(".")[2] for key in swept if key.startswith(f"{section}."))}


def _check_batched(keys: Collection[str], base: Mapping[str, Any]) -> None:
    read = ("drawn_from", "every")
    if keys and not set(base["batch"]) - set(read):
        raise StudyError(
            f"`batch.{sorted(keys)[0]}` is given and no term has rows of a batch; allowed: with at least one. Write "
            "for example `residual = 128` under [batch], or remove [batch]."
        )


def _check_taught(keys: Collection[str], swept: Mapping[str, Collection[Any]], base: Mapping[str, Any]) -> None:
    parameters = swept.get("curriculum.parameter", [base["curriculum"]["parameter"]])
    if keys and not any(parameters):
        raise StudyError(
            f"`curriculum.{sorted(keys)[0]}` is given and `curriculum.parameter` is not; allowed: with a parameter of "
            f'the problem. Write for example `parameter = "speed"` under [curriculum], or remove [curriculum].'
        )


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
