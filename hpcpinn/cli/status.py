"""`hpcpinn status`."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hpcpinn.cli import failures, pace
from hpcpinn.cli.arguments import StoreFolder
from hpcpinn.cli.spans import about

if TYPE_CHECKING:
    from hpcpinn.launch.overview import Extreme, Overview, Submitted

Watch = Annotated[bool, typer.Option("--watch", help="Look again every few seconds, until nobody is at work.")]
Json = Annotated[bool, typer.Option("--json", help="The same as JSON, for programs.")]

_WATCHED_SECONDS = 5.0
_CLEAR = "\033[H\033[2J"


def status(store: StoreFolder, watch: Watch = False, as_json: Json = False) -> None:
    """Say what of a study is done, running, failed and waiting, why, and what is left.

    The store says it, and the queue of Slurm, where there is one, what the jobs are doing.
    """
    from hpcpinn.launch.overview import overview

    found = overview(store)
    while watch and not _is_over(found):
        _print(found, as_json, _CLEAR if _is_terminal() else "")
        time.sleep(_WATCHED_SECONDS)
        found = overview(store)
    _print(found, as_json, _CLEAR if watch and _is_terminal() else "")


def _is_over(found: "Overview") -> bool:
    """Whether nobody works on it any more, or has been asked to."""
    waiting = found.states["waiting"].tasks and any(one.queue for one in found.submissions)
    return not waiting and not found.states["running"].tasks


def _is_terminal() -> bool:
    import sys

    return sys.stdout.isatty()


def _print(found: "Overview", as_json: bool, before: str) -> None:
    print(before, end="")
    if as_json:
        print(json.dumps(asdict(found)), flush=True)
    else:
        _show(found)


def _show(found: "Overview") -> None:
    total = sum(part.tasks for part in found.states.values())
    print(f"{found.study}: {total} tasks, {found.runs} runs")
    for name, part in found.states.items():
        print(f"  {name:8} {part.tasks:8} tasks {part.runs:8} runs  {part.share:6.1%} of the operations")
    if len(found.classes) > 1:
        _show_classes(found)
    if found.comparison is not None:
        pace.show(found.comparison)
    if found.gpu_hours:
        print(f"about {found.gpu_hours:.3g} GPU-hours left")
    _show_extremes(found)
    for one in found.submissions:
        _show_submission(one, is_last=one == found.submissions[-1], is_known=not found.queue_error)
    if found.queue_error:
        print(f"the queue does not answer, so this is the store alone: {found.queue_error}")
    if found.ends:
        ends = ", ".join(f"{count} {reason}" for reason, count in sorted(found.ends.items()))
        print(f"attempts that ended without a result: {ends}")
    if found.lost_nodes:
        print(f"left out for a day, after a task was lost there: {', '.join(found.lost_nodes)}")
    failures.show(found.failures, found.store)
    _show_next(found)


def _show_classes(found: "Overview") -> None:
    print("  memory      done  running   failed  waiting  left")
    for one in found.classes:
        counts = "".join(f"{one.tasks.get(name, 0):9}" for name in found.states)
        left = "unknown" if one.hours is None else f"{one.hours:.3g} h of one worker" if one.hours else "nothing"
        print(f"  {one.memory // 2**30:3} GiB{counts}  {left}")


def _show_extremes(found: "Overview") -> None:
    if found.slowest:
        print("slowest:  " + "; ".join(f"{_named(one)}: {about(one.seconds)}" for one in found.slowest))
    if any(one.peak_bytes for one in found.largest):
        print("largest:  " + "; ".join(f"{_named(one)}: {one.peak_bytes / 2**20:.0f} MiB" for one in found.largest))


def _named(one: "Extreme") -> str:
    cell = ", ".join(f"{name} {value}" for name, value in one.cell.items())
    return f"{one.task} ({cell})" if cell else one.task


def _show_submission(one: "Submitted", is_last: bool, is_known: bool) -> None:
    """What the jobs of an open submission do, and what has come of the last one if it is over."""
    if one.state == "open":
        queue = ", ".join(f"{count} {state}" for state, count in one.queue.items()) or (
            "nothing in the queue" if is_known else "not known"
        )
        print(f"submission {one.number}: jobs {', '.join(one.jobs)}: {queue}")
    elif is_last and one.summary:
        print(f"submission {one.number} is {one.state}: {one.summary.splitlines()[-1].strip()}")


def _show_next(found: "Overview") -> None:
    """What to type if nobody is at work on what is left."""
    left = found.states["failed"].tasks + found.states["waiting"].tasks
    if left and not found.queue_error and not any(one.queue for one in found.submissions):
        again = "`hpcpinn submit STUDY --cluster PROFILE`" if found.submissions else "`hpcpinn run STUDY`"
        print(f"{again} with the study of this store runs what is missing.")
