"""The command line: one command per file."""

import signal
import sys
from types import FrameType

import typer

from hpcpinn import errors
from hpcpinn.cli import plan, problems, run, status

application = typer.Typer(
    name="hpcpinn",
    help="Neural tangent kernels of physics-informed networks over width, depth and seed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (plan.plan, run.run, status.status, problems.problems):
    application.command()(_command)


def main() -> None:
    """Run the command line and leave with its exit status: 0 complete, 1 tasks failed, 2 wrong request, 75 run it again."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        application()
    except errors.HpcpinnError as error:
        print(f"hpcpinn: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except SystemExit as leaving:
        if leaving.code == errors.Interrupted.exit_status:
            print("hpcpinn: stopped; what is done is safe. Run the same command again to complete it.", file=sys.stderr)
        raise


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave: no task takes this for a failure of its own, and the driver stops its workers on the way out."""
    raise SystemExit(errors.Interrupted.exit_status)
