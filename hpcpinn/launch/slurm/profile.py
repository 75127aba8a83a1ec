"""A cluster profile: what a site gives, and what it allows.

Every field states in its `description` what is allowed and in its `examples` what to type: errors are worded from these
(`reading`). Only `setup` is shell, line by line as its author wrote it.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from hpcpinn.launch.slurm.fields import OWN, SIZES, TIMES, Line, Name, Option, Size, Span, Value, Word, count, text
from hpcpinn.plan.arrays import Site
from hpcpinn.plan.classes import Node
from hpcpinn.plan.rates import REFERENCE, Rates


class Profile(BaseModel):
    """A cluster, as `hpcpinn submit --cluster` takes it: sizes in bytes and times in seconds once they are read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    partition: Word = text("batch")
    account: Word | None = text("project", default=None)
    qos: Word | None = text("normal", default=None)
    constraint: Word | None = text("icelake", default=None)
    options: tuple[Option, ...] = Field(
        default=(),
        description='a list of further options of sbatch, "--name" or "--name=value", but none of '
        + ", ".join(f"--{name}" for name in OWN),
        examples=[["--reservation=course"]],
        strict=False,
    )
    memory_per_node: Size = Field(description=f"{SIZES}, what jobs may use of a node", examples=["240 GiB"])
    cpus_per_task: int = count(4, "cores of one task", default=4, gt=0)
    gpus_per_node: int = Field(default=0, ge=0, description="an integer from 0, the devices of a node", examples=[4])
    gpu_memory: Size | None = Field(
        default=None, description=f"{SIZES}, the memory of one device, where there are any", examples=["80 GiB"]
    )
    gpu_type: Word | None = text("a100", default=None)
    nodes_per_task: int = count(1, "most nodes over which one task may be spread", default=1, gt=0)
    walltime: Span = Field(description=f"{TIMES}, the longest that a job may take", examples=["24:00:00"])
    target: Span = Field(
        default=3600,
        description=f"{TIMES}, the work of one element of an array: short tasks are grouped",
        examples=["1:00:00"],
        validate_default=False,
    )
    warning: Span = Field(
        default=120,
        description=f"{TIMES}, how long before its end a job is warned; longer than a step of its longest task",
        examples=["0:02:00"],
        validate_default=False,
    )
    preemption: Literal["none", "requeue", "cancel"] = "none"
    array_size: int = count(1000, "elements of one array, below MaxArraySize of the site", default=1000, gt=0)
    running: int = count(100, "elements at work at once", default=100, gt=0)
    submitted: int = count(1000, "elements in the queue at once", default=1000, gt=0)
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
