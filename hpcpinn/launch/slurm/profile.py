"""A cluster profile: what a site gives, and what it allows.

Every field states in its `description` what is allowed and in its `examples` what to type: errors are worded from these
(`reading`). Texts end up in `#SBATCH` lines, where a space or a line break would begin another option: they hold
neither. Only `setup` is shell, line by line as its author wrote it.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from hpcpinn.plan.arrays import Site
from hpcpinn.plan.classes import Node
from hpcpinn.plan.rates import REFERENCE, Rates

_WORD = re.compile(r"""[^\s"'\\#`$\x00-\x1f\x7f]+""")
_OPTION = re.compile(r"""--[a-z][a-z0-9-]*(=[^\s"'\\#`$\x00-\x1f\x7f]+)?""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPAN = re.compile(r"(?:(\d+)-)?(\d{1,3}):(\d{2}):(\d{2})")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|TiB)")
_UNITS = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
# What `submit` decides by itself.
_OWN = (
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
    if not _OPTION.fullmatch(text) or any(own.startswith(text[2:].partition("=")[0]) for own in _OWN):
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
Count = Annotated[int, Field(gt=0)]

_WORDS = "a text without spaces, quotes, `#`, `$` and `\\`"
_TIMES = "hours:minutes:seconds, or days-hours:minutes:seconds"
_SIZES = "a number with MiB, GiB or TiB"
_COUNTS = "a positive integer"


def _text(example: str, **more: Any) -> Any:
    return Field(description=_WORDS, examples=[example], **more)


def _count(example: int, meaning: str, **more: Any) -> Any:
    return Field(description=f"{_COUNTS}, {meaning}", examples=[example], **more)


class Profile(BaseModel):
    """A cluster, as `hpcpinn submit --cluster` takes it: sizes in bytes and times in seconds once they are read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    partition: Word = _text("batch")
    account: Word | None = _text("project", default=None)
    qos: Word | None = _text("normal", default=None)
    constraint: Word | None = _text("icelake", default=None)
    options: tuple[Option, ...] = Field(
        default=(),
        description='a list of further options of sbatch, "--name" or "--name=value", but none of '
        + ", ".join(f"--{name}" for name in _OWN),
        examples=[["--reservation=course"]],
        strict=False,
    )
    memory_per_node: Size = Field(description=f"{_SIZES}, what jobs may use of a node", examples=["240 GiB"])
    cpus_per_task: int = _count(4, "cores of one task", default=4, gt=0)
    gpus_per_node: int = Field(default=0, ge=0, description="an integer from 0, the devices of a node", examples=[4])
    gpu_memory: Size | None = Field(
        default=None, description=f"{_SIZES}, the memory of one device, where there are any", examples=["80 GiB"]
    )
    gpu_type: Word | None = _text("a100", default=None)
    nodes_per_task: int = _count(1, "most nodes over which one task may be spread", default=1, gt=0)
    walltime: Span = Field(description=f"{_TIMES}, the longest that a job may take", examples=["24:00:00"])
    target: Span = Field(
        default=3600,
        description=f"{_TIMES}, the work of one element of an array: short tasks are grouped",
        examples=["1:00:00"],
        validate_default=False,
    )
    warning: Span = Field(
        default=120,
        description=f"{_TIMES}, how long before its end a job is warned; longer than a step of its longest task",
        examples=["0:02:00"],
        validate_default=False,
    )
    preemption: Literal["none", "requeue", "cancel"] = "none"
    array_size: int = _count(1000, "elements of one array, below MaxArraySize of the site", default=1000, gt=0)
    running: int = _count(100, "elements at work at once", default=100, gt=0)
    submitted: int = _count(1000, "elements in the queue at once", default=1000, gt=0)
    rounds: int = Field(
        default=20,
        ge=0,
        description="an integer from 0, how often the closing job submits again what is left",
        examples=[20],
    )
    speed: float = Field(
        default=1.0,
        gt=0,
        description="a positive number, how fast a core or a device is; see slurm/README.md",
        examples=[1.0],
    )
    python: Line = Field(default="", description="the interpreter on the nodes, one line", examples=["python"])
    setup: tuple[Line, ...] = Field(
        default=(),
        description="a list of lines of shell, run before the work",
        examples=[["module load cuda/12.6"]],
        strict=False,
    )
    environment: dict[Name, Value] = Field(
        default_factory=dict,
        description="names of letters, digits and `_`, with integers or texts of anything but NUL",
        examples=[{"XLA_FLAGS": "--xla_x=true"}],
    )

    @model_validator(mode="after")
    def _fits(self) -> "Profile":
        rules = {
            "gpu_memory": (
                not self.gpus_per_node or self.gpu_memory is not None,
                "a node has devices and this is missing",
            ),
            "warning": (2 * self.warning <= self.walltime, "it is more than half of `walltime`"),
            "target": (self.target <= self.walltime, "it is longer than `walltime`"),
            "submitted": (self.submitted > 1, "the closing job is in the queue beside the elements"),
        }
        for key, (kept, reason) in rules.items():
            if not kept:
                raise PydanticCustomError("together", "{reason}", {"key": key, "reason": reason})
        return self

    @property
    def node(self) -> Node:
        """What tasks find on a node."""
        return Node(self.memory_per_node, self.gpus_per_node, self.gpu_memory or 0, self.nodes_per_task)

    @property
    def site(self) -> Site:
        """What arrays are cut by."""
        # One element less than may be in the queue: the closing job is there too.
        submitted = max(1, self.submitted - 1)
        return Site(self.target, self.walltime, self.warning, self.array_size, self.running, submitted)

    @property
    def rates(self) -> Rates:
        """How fast tasks are predicted to be; the same wherever it is asked, so that scripts are the same."""
        return REFERENCE.scaled(self.speed, self.cpus_per_task)


FOLDERS = (Path("slurm/clusters"), Path("~/.config/hpcpinn/clusters"))
