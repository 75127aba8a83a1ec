"""One run by several processes together: rank 0 runs the study, the others compute its tasks with it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.launch.running import Completion, run_study
from hpcpinn.run import group
from hpcpinn.study.reading import read_study


@dataclass(frozen=True)
class Member:
    """A process of a group.

    Attributes:
        coordinator: "host:port" of rank 0.
        processes: how many there are.
        rank: which of them this is, from 0.
    """

    coordinator: str
    processes: int
    rank: int


def run_together(
    study: str | Path,
    store: str | Path | None,
    member: Member,
    started: Callable[[str, Path, int, int], None] | None = None,
) -> Completion | None:
    """`run_study` by a group, one task after the other, each on all devices of all processes; None beyond rank 0.

    Raises:
        DeviceError: the processes do not find each other.
        HpcpinnError: as in `run_study`; the others are sent home.
    """
    question = read_study(study)
    group.join(member.coordinator, member.processes, member.rank)
    if member.rank:
        group.follow(question)
        return None
    try:
        return run_study(study, store, started=started)
    finally:
        group.end()
