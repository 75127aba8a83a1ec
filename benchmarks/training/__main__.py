"""`python -m benchmarks.training`: steps per second, and their tables into benchmarks/README.md.

Leaves with 1 when two contenders do not reach the same parameters.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import jax

from benchmarks import readme
from benchmarks.kernel import machine
from benchmarks.training import race, tables
from benchmarks.training.case import PROBLEMS, Case, Record
from benchmarks.training.race import Pace
from hpcpinn.kernel import cores

LINES = Path("results/benchmarks/training.jsonl")
TOLERANCE = 1e-12
OPTIMIZERS = ("gd", "adam")
QUICK, ALONE = Pace(turns=2, seconds=0.01), Pace(turns=100, seconds=0.05)
# So long that calls cost nothing beside steps, as in a task: one after another, many seeds are as many calls.
SEVERAL = Pace(turns=30, seconds=0.4)


def main() -> None:
    """Measure or read, write the tables, and judge."""
    arguments = _arguments()
    records = _read(arguments.read) if arguments.read else _measured(arguments)
    part = f"{_machine()}\n{tables.markdown(records)}"
    print(part)
    if not arguments.quick:
        readme.TRAINING.write(part)
    others = [one for one in records if not one.difference <= TOLERANCE]
    for one in others:
        print(f"{one.contender} differs by {one.difference:.1e}: {one.case}", file=sys.stderr)
    sys.exit(bool(others))


def cases(quick: bool) -> Iterator[Case]:
    """One seed at several widths, then 20 at width 64; both smaller for a quick run."""
    widths, seeds, wide = ((8,), 3, 8) if quick else ((16, 64, 256), 20, 64)
    for problem, width, optimizer in itertools.product(PROBLEMS, widths, OPTIMIZERS):
        yield Case(problem, width, optimizer)
    for problem, optimizer in itertools.product(PROBLEMS, OPTIMIZERS):
        yield Case(problem, wide, optimizer, seeds)


def _measured(arguments: argparse.Namespace) -> list[Record]:
    """Measure where cores are devices, as in a worker, and keep every record as soon as it is there."""
    cores.one_device_per_core(workers=1)
    arguments.lines.parent.mkdir(parents=True, exist_ok=True)
    records: list[Record] = []
    with arguments.lines.open("w", encoding="utf-8") as lines:
        for case in cases(arguments.quick):
            for one in race.run(case, QUICK if arguments.quick else ALONE if case.seeds == 1 else SEVERAL):
                records.append(one)
                print(one.line(), file=lines, flush=True)
                print(f"{one.case} {one.contender}: {one.fastest:.4g} s", file=sys.stderr, flush=True)
    return records


def _read(path: Path) -> list[Record]:
    return [Record.read(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _machine() -> str:
    device = jax.devices()[0]
    where = machine.cpu() if device.platform == "cpu" else device.device_kind
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("hpcpinn", "jax", "optax"))
    return f"{where}; {versions}; {datetime.now(UTC):%d %B %Y}.\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, and nothing is written into README.md")
    parser.add_argument("--lines", type=Path, default=LINES, help="where the measurements are kept")
    parser.add_argument("--read", type=Path, help="measurements of an earlier run: only the tables are written")
    return parser.parse_args()


if __name__ == "__main__":
    main()
