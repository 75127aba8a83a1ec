"""What was measured of a study's finished tasks as lines of text."""

from typing import TYPE_CHECKING

from hpcpinn.cli.spans import about

if TYPE_CHECKING:
    from hpcpinn.store.comparison import Comparison


def show(found: "Comparison") -> None:
    """The pace of the finished tasks, the time left at it, and their memory against the projected one."""
    pace = f"{found.flops / max(found.seconds, 1e-9) / 1e9:.3g} GFLOP/s"
    if found.left:
        print(f"about {about(found.left)} left at the pace so far: {pace}")
    else:
        print(f"took {about(found.seconds)}: {pace}")
    if found.peak is not None:
        print(f"largest peak memory: {found.peak:.2f} of what was projected for its task")
