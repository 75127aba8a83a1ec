"""Every deliberate error: what was asked, what is allowed, what to type next.

The command line prints the message of an `HpcpinnError` without a traceback and leaves with its `exit_status`.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

_Entry = TypeVar("_Entry")


class HpcpinnError(Exception):
    """A request that cannot be carried out, told in the user's words.

    The message names the value that was asked for, what is allowed, and the next step, in this order.
    """

    exit_status = 2


class StudyError(HpcpinnError):
    """A study file that cannot be read, or asks for something that does not exist or does not go together."""


class ProblemError(HpcpinnError):
    """A problem that cannot be found or loaded, or whose terms are not what a term has to be."""


class NetworkError(HpcpinnError):
    """A network description that does not make sense."""


class LimitError(HpcpinnError):
    """An infinite-width limit that is not known, or does not exist."""


class PlanError(HpcpinnError):
    """A study that is too large for what it would run on."""


class DeviceError(HpcpinnError):
    """Devices that cannot work together in the way that was asked for."""


class StoreError(HpcpinnError):
    """A store that is missing, cannot be written, or belongs to another study."""


class ClusterError(HpcpinnError):
    """A cluster profile that makes no sense, or a cluster that does not answer or refuses."""


class ResultsError(HpcpinnError):
    """An analysis that the data do not support."""


class Interrupted(HpcpinnError):
    """The run stopped before its end and is worth running again."""

    exit_status = 75


def nearest(name: str, allowed: Iterable[str]) -> str:
    """The clause that helps after a misspelt name: what is allowed, and the nearest of it.

    >>> nearest("widht", ["width", "depth"])
    'allowed: depth, width. Did you mean `width`?'
    >>> nearest("colour", ["width", "depth"])
    'allowed: depth, width.'
    """
    names = sorted(allowed)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"allowed: {', '.join(names)}.{hint}"


def chosen(catalogue: Mapping[str, _Entry], kind: str, name: str, refusal: type[HpcpinnError]) -> _Entry:
    """The entry of a catalogue by its name; raises `refusal` with the nearest name for one that does not exist."""
    if name not in catalogue:
        raise refusal(f"{kind} `{name}` does not exist; {nearest(name, catalogue)}")
    return catalogue[name]
