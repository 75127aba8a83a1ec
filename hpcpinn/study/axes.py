"""The axes of a study: each is a key with its values, and a dimension of the result."""

from collections.abc import Iterable
from dataclasses import dataclass

from hpcpinn.errors import StudyError
from hpcpinn.study import identity, keys, toml
from hpcpinn.study.configuration import Scalar

# Dimensions and variables of the dataset that no axis may be called after.
# fmt: off
RESERVED = frozenset({
    "step", "row", "col", "term", "term_name", "block", "mode", "task", "status", "seconds", "peak_bytes",
    "kernel", "eigenvalue", "noise_floor", "trace", "frobenius_norm", "spectral_norm", "kernel_drift",
    "parameter_drift", "loss", "weight", "relative_l2", "stability", "layer", "layer_kernel", "draw", "linearized",
    "limit_kernel", "limit_eigenvalue", "limit_distance", "limit_scale", "limit_trace", "limit_frobenius_norm",
    "limit_spectral_norm", "residual_norm", "predicted_residual_norm", "mode_residual", "predicted_mode_residual",
    "diverged_step", "damping", "accepted_steps", "rejected_steps",
})
# fmt: on
ALWAYS = ("network.width", "network.depth", keys.SEED)  # the axes that every study has


@dataclass(frozen=True)
class Axis:
    """A key that varies: `name` is its dimension in the result, `values` are in the order written."""

    key: str
    name: str
    values: tuple[Scalar, ...]


def arranged(values: dict[str, tuple[Scalar, ...]]) -> tuple[Axis, ...]:
    """Name and order the axes: width, depth, the others sorted by key, seed last.

    Raises:
        StudyError: an axis has the same value twice.
    """
    width, depth, seed = ALWAYS
    order = (width, depth, *sorted(values.keys() - set(ALWAYS)), seed)
    for key in order:
        _check_distinct(key, values[key])
    dimensions = named(order)
    return tuple(Axis(key, dimensions[key], values[key]) for key in order)


def named(order: Iterable[str]) -> dict[str, str]:
    """The dimension of every key: its last part, or all of it where that part is taken or reserved.

    >>> named(["network.width", "points.width", "training.loss"])
    {'network.width': 'width', 'points.width': 'points_width', 'training.loss': 'training_loss'}
    """
    keyed = tuple(order)
    return {key: _last(key) if key in ALWAYS or _free(key, keyed) else _whole(key) for key in keyed}


def _free(key: str, order: tuple[str, ...]) -> bool:
    others = {name for other in order if other != key for name in (_last(other), _whole(other))}
    return _last(key) not in RESERVED | others


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _whole(key: str) -> str:
    return key.replace(".", "_")


def _check_distinct(key: str, values: tuple[Scalar, ...]) -> None:
    distinct: dict[str, Scalar] = {}  # by canonical text: to Python 1 equals True as well
    repeated: list[Scalar] = []
    for value in values:
        text = identity.canonical(value)
        if text in distinct:
            repeated.append(value)
        distinct.setdefault(text, value)
    if repeated:
        raise StudyError(
            f"`{key}` has the value {toml.spelled(repeated[0])} twice; allowed: every value of an axis once. "
            f"Write `{toml.line(keys.short(key), list(distinct.values()))}` under [sweep]."
        )
