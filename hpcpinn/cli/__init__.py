"""The command line: one command per file."""

import signal
import sys
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup

from hpcpinn import errors
from hpcpinn.cli import cancel, close, logs, plan, problems, run, status, submit, work


class _Commands(TyperGroup):
    """The commands; one that does not exist is refused in the words of every other refusal."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first argument names."""
        if args[0] not in self.commands:
            shown = [name for name, command in self.commands.items() if not command.hidden]
            raise errors.HpcpinnError(
                f"`{args[0]}` is no command; {errors.nearest(args[0], shown)} `hpcpinn --help` says what each does."
            )
        return super().resolve_command(ctx, args)


application = typer.Typer(
    name="hpcpinn",
    cls=_Commands,
    help="Neural tangent kernels of physics-informed networks over width, depth and seed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (plan.plan, run.run, submit.submit, status.status, logs.logs, cancel.cancel, problems.problems):
    application.command()(_command)
# What jobs run: nobody types them.
for _command in (work.work, close.close):
    application.command(hidden=True)(_command)


def main() -> None:
    """Run the command line and leave: 0 complete, 1 some tasks failed, 2 a wrong request, 75 worth running again."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        application(prog_name="hpcpinn")
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
