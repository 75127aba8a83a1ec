"""The part of README.md that the benchmark writes."""

from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- kernel: written by `make benchmarks` -->\n", "<!-- kernel: end -->\n"


def replaced(text: str, part: str) -> str:
    """The text with another part between the two markers.

    Raises:
        ValueError: a marker is missing or stands there twice.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise ValueError(
            f"{FILE.name} needs the markers {BEGIN.strip()} and {END.strip()}, once each and in this order."
        )
    return f"{before}{BEGIN}\n{part}\n{END}{after}"


def write(part: str) -> None:
    """Put a part into README.md."""
    FILE.write_text(replaced(FILE.read_text(encoding="utf-8"), part), encoding="utf-8")
