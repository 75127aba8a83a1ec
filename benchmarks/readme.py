"""The parts of README.md that benchmarks write."""

from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("README.md")


@dataclass(frozen=True)
class Part:
    """What stands between two markers.

    Attributes:
        name: of the benchmark.
        command: that writes it.
    """

    name: str
    command: str

    @property
    def begin(self) -> str:
        """The line before it."""
        return f"<!-- {self.name}: written by `{self.command}` -->\n"

    @property
    def end(self) -> str:
        """The line after it."""
        return f"<!-- {self.name}: end -->\n"

    def replaced(self, text: str, by: str) -> str:
        """The text with something else between the two markers.

        Raises:
            ValueError: a marker is missing or stands there twice.
        """
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not (begin and end) or self.begin in rest or self.end in after:
            raise ValueError(
                f"{FILE.name} needs the markers {self.begin.strip()} and {self.end.strip()}, once each and in this "
                "order."
            )
        return f"{before}{begin}\n{by}\n{end}{after}"

    def write(self, by: str) -> None:
        """Put something else into README.md."""
        FILE.write_text(self.replaced(FILE.read_text(encoding="utf-8"), by), encoding="utf-8")


KERNEL = Part("kernel", "make benchmarks")
TRAINING = Part("training", "python -m benchmarks.training")
