"""What one process told: one line of the file of measurements."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.kernel.case import Case

GEMM = "GEMM"


@dataclass(frozen=True)
class Record:
    """A contender's answer to a case: what it measured, or why it did not.

    Args:
        contender: its name.
        variant: the way it was asked for.
        case: what it was asked.
        told: what `measurement.tell` printed, and `difference`: how far its answer is from the first contender's,
            relative, in the Frobenius norm. For the GEMM rate: `flops`, and the machine. Empty where it did not answer.
        refusal: why it did not answer, in words for the table.
    """

    contender: str
    variant: str
    case: Case
    told: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""

    def line(self) -> str:
        """This record as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def read(cls, line: str) -> Self:
        """A record from its line."""
        parts = json.loads(line)
        parts["case"] = Case.read(parts["case"])
        return cls(**parts)

    @property
    def seconds(self) -> float:
        """The fastest repetition; infinite where there is none."""
        return min(self.told.get("seconds", []), default=float("inf"))


def read(path: Path) -> list[Record]:
    """All records of a file."""
    return [Record.read(line) for line in path.read_text(encoding="utf-8").splitlines()]
