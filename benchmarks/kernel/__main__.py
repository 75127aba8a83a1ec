"""`python -m benchmarks.kernel`: all contenders side by side in one go, and their tables into benchmarks/README.md.

Leaves with 1 when two contenders do not find the same kernel.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import readme
from benchmarks.kernel import contenders, machine, record, sweep, tables
from benchmarks.kernel.contenders import Contender
from benchmarks.kernel.race import Race
from benchmarks.kernel.record import Record
from benchmarks.kernel.results import Results

LINES = Path("results/benchmarks/kernel.jsonl")


def main() -> None:
    """Measure or read, write the tables, and judge."""
    arguments = _arguments()
    records = record.read(arguments.read) if arguments.read else _measured(arguments)
    results = Results(records)
    part = f"{machine.paragraph(records)}\n{tables.markdown(results)}"
    print(part)
    if not arguments.quick:
        readme.KERNEL.write(part)
    for one in results.disagreements():
        print(f"{one.contender} {one.variant} differs by {one.told['difference']:.1e}: {one.case}", file=sys.stderr)
    sys.exit(bool(results.disagreements()))


def _measured(arguments: argparse.Namespace) -> list[Record]:
    """Measure, and keep every record as soon as it is there."""
    arguments.lines.parent.mkdir(parents=True, exist_ok=True)
    records: list[Record] = []
    with tempfile.TemporaryDirectory() as folder, arguments.lines.open("w", encoding="utf-8") as lines:
        race = Race(_sweep(arguments), arguments.precision, arguments.peers, Path(folder))
        for one in race.run(_chosen(contenders.KERNELS, arguments), _chosen(contenders.SEEDS, arguments)):
            records.append(one)
            print(one.line(), file=lines, flush=True)
            print(_progress(one), file=sys.stderr, flush=True)
    return records


def _sweep(arguments: argparse.Namespace) -> sweep.Sweep:
    chosen = sweep.QUICK if arguments.quick else sweep.FULL
    given = {name: getattr(arguments, name) for name in ("widths", "tables", "rows", "seeds", "rounds")}
    return replace(chosen, **{name: value for name, value in given.items() if value is not None})


def _chosen(those: Sequence[Contender], arguments: argparse.Namespace) -> list[Contender]:
    return [contender for contender in those if contender.name in arguments.contenders]


def _progress(one: Record) -> str:
    case = one.case
    what = f"{one.contender} {one.variant} {case.precision} n={case.rows} N={case.width} seeds={case.seeds}"
    rates = one.told.get("flops")
    return f"{what}: {rates or one.refusal or f'{one.seconds:.4g} s'}"


def _interpreter(name: str) -> Path:
    # Not resolved: a virtual environment is known by the path of its link.
    path = Path(name).absolute()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{name} does not exist; `make benchmarks` makes .venv-peers/bin/python.")
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernel", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, and nothing is written into README.md")
    parser.add_argument("--contenders", nargs="+", choices=contenders.NAMES, default=contenders.NAMES)
    parser.add_argument("--precision", nargs="+", choices=sweep.PRECISIONS, default=sweep.PRECISIONS)
    for name, what in (("widths", "N"), ("tables", "n, all widths for each"), ("rows", "n at width 512")):
        parser.add_argument(f"--{name}", nargs="*", type=int, help=what)
    parser.add_argument("--seeds", nargs="*", type=int, help="numbers of networks")
    parser.add_argument("--rounds", type=int, help="turns of every contender")
    parser.add_argument(
        "--peers", type=_interpreter, help="python of the peers' environment; without it they are left out"
    )
    parser.add_argument("--lines", type=Path, default=LINES, help="where the measurements are kept")
    parser.add_argument("--read", type=Path, help="measurements of an earlier run: only the tables are written")
    return parser.parse_args()


if __name__ == "__main__":
    main()
