"""What an interrupted task needs the next time, and when to stop trying.

Preemption, a lost node, a cancelled or requeued job, and a time limit that left a checkpoint say nothing about the
task: they are never counted. Running out of memory doubles what it gets, and so does a time limit that left nothing, a
few times; dying for no reason that anybody knows is allowed twice.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

MOST_STRIKES = 3
# Time limits, each twice the one before, that left nothing to go on from.
MOST_TIMEOUTS = 4
# Reasons that are forgotten when somebody asks for a failed task again: what it needs of memory stays true.
FORGIVEN = ("killed", "walltime")


@runtime_checkable
class Ended(Protocol):
    """How an attempt ended: why, and whether it left a checkpoint."""

    @property
    def reason(self) -> str:
        """Why."""
        ...

    @property
    def saved(self) -> bool:
        """Whether a checkpoint was left."""
        ...


@dataclass(frozen=True)
class Needs:
    """What a task is given the next time.

    Attributes:
        memory: times what was projected.
        seconds: times what was predicted.
        strikes: deaths without a reason.
    """

    memory: int = 1
    seconds: int = 1
    strikes: int = 0

    @property
    def hopeless(self) -> bool:
        """Whether it has died too often to be tried again."""
        return self.strikes >= MOST_STRIKES or self.seconds >= 2**MOST_TIMEOUTS


def needs(ends: Iterable[Ended]) -> Needs:
    """What a task needs after attempts that ended like this; the order does not matter."""
    charged = Counter(end.reason for end in ends if not (end.reason == "walltime" and end.saved))
    return Needs(2 ** charged["memory"], 2 ** charged["walltime"], charged["killed"])
