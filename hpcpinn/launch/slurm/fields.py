"""What the fields of a cluster profile may hold: words, lines, options, times and sizes.

Words and options end up in `#SBATCH` lines, where a space or a line break would begin another option: they have none.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

_WORD = re.compile(r"""[^\s"'\\#`$\x00-\x1f\x7f]+""")
_OPTION = re.compile(r"""--[a-z][a-z0-9-]*(=[^\s"'\\#`$\x00-\x1f\x7f]+)?""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPAN = re.compile(r"(?:(\d+)-)?(\d{1,3}):(\d{2}):(\d{2})")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|TiB)")
_UNITS = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
# What `submit` decides by itself.
OWN = (
    "array", "time", "mem", "nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "gres", "signal", "output", "error",
    "open-mode", "dependency", "requeue",
)  # fmt: skip


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError
    return text


def _seconds(value: object) -> object:
    """Seconds of "[days-]hours:minutes:seconds"; anything else is left for the refusal."""
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def span(seconds: int) -> str:
    """A time as Slurm and profiles write it.

    >>> span(5400), span(90000)
    ('01:30:00', '1-01:00:00')
    """
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}-{clock}" if days else clock


def _bytes(value: object) -> object:
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError
    return int(float(found[1]) * _UNITS[found[2]])


def _line(text: str) -> str:
    if any(mark in text for mark in "\n\r\0"):
        raise ValueError
    return text


def _option(text: str) -> str:
    # sbatch takes the beginning of a name for the whole.
    if not _OPTION.fullmatch(text) or any(own.startswith(text[2:].partition("=")[0]) for own in OWN):
        raise ValueError
    return text


def _value(text: str | int) -> str | int:
    if "\0" in str(text):
        raise ValueError
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError
    return text


Word = Annotated[str, AfterValidator(_word)]
Line = Annotated[str, AfterValidator(_line)]
Option = Annotated[str, AfterValidator(_option)]
Name = Annotated[str, AfterValidator(_name)]
Value = Annotated[str | int, AfterValidator(_value)]
# Written down the way they are read: a profile is kept with every submission.
Span = Annotated[int, BeforeValidator(_seconds), PlainSerializer(span), Field(gt=0)]
Size = Annotated[int, BeforeValidator(_bytes), PlainSerializer(lambda size: f"{size / _UNITS['MiB']} MiB"), Field(gt=0)]

WORDS = "a text without spaces, quotes, `#`, `$` and `\\`"
TIMES = "hours:minutes:seconds, or days-hours:minutes:seconds"
SIZES = "a number with MiB, GiB or TiB"
COUNTS = "a positive integer"


def text(example: str, **more: Any) -> Any:
    """A field that is a word."""
    return Field(description=WORDS, examples=[example], **more)


def count(example: int, meaning: str, **more: Any) -> Any:
    """A field that is a positive integer."""
    return Field(description=f"{COUNTS}, {meaning}", examples=[example], **more)
