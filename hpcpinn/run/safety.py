"""Safe points of a task: where it can be left, saved, and gone on with.

They come between the batches of a task, between strides of training and after every recorded step. In a group of
processes all ranks come by the same safe points, and rank 0 decides for all: they leave the task together, and go on
with it from the file of rank 0.

Between tiles of a kernel, which may take longer than a warning lasts, a process alone leaves with what there was at its
last safe point.
"""

import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hpcpinn.errors import StoreError
from hpcpinn.kernel import processes
from hpcpinn.run import interruption, memory
from hpcpinn.run.checkpoint import Checkpoint, Midway, Record, packed, unpacked
from hpcpinn.store import checkpoints
from hpcpinn.store.attempts import Attempt

# SIGKILL gives no warning: so much work is lost at most, beside what lies between two safe points.
SAVE_SECONDS = 600.0
INTERVAL = "HPCPINN_SAVE_SECONDS"
_GO_ON, _SAVE, _STOP = range(3)

# Takes how far a task has come, and those of its chunk files that no earlier checkpoint counted on.
Save = Callable[[Checkpoint, Sequence[str]], None]


class Stopped(Exception):
    """A task was left at a safe point, because somebody asked."""

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason


def save_seconds() -> float:
    """The seconds between two checkpoints that the environment asks for in HPCPINN_SAVE_SECONDS; 600 by default.

    Raises:
        StoreError: not a number from 0 on; with 0 a task is saved at every safe point.
    """
    asked = os.environ.get(INTERVAL, "")
    try:
        seconds = float(asked or SAVE_SECONDS)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise StoreError(
            f"{INTERVAL} is `{asked}`; allowed: seconds between two checkpoints of a task, a number from 0 on. "
            f"Write for example `export {INTERVAL}=60`, or unset it."
        )
    return seconds


class SafePoints:
    """The safe points of one attempt at a task.

    Attributes:
        state: how far the task has come at the end of its last batch, and in what state the next one is taken up.
        resumed: whether the attempt goes on with what an earlier one has saved.
        passed: whether it has come to a safe point.
        saved: whether it has saved more than it found.
    """

    def __init__(self, came: Checkpoint | None = None, save: Save = lambda *_: None) -> None:
        """Go on from a checkpoint, or begin; saved is nothing unless it is said how."""
        self.state, self.resumed = came or Checkpoint(), came is not None
        self.passed = self.saved = False
        self._save, self._flushed = save, len(self.state.files)
        self._last, self._interval = time.monotonic(), save_seconds()
        self._midway: Callable[[], Midway | None] | None = None
        self._files = self._flushed

    def take_midway(self) -> Midway | None:
        """The batch that was left in the middle, once."""
        midway, self.state.midway = self.state.midway, None
        return midway

    def finish(self, batch: Record) -> None:
        """Keep the record of a batch."""
        self.state.finished.append(batch)

    def reach(self, midway: Callable[[], Midway | None] = lambda: None) -> None:
        """Come to a safe point: save if it is time to, save and leave if somebody asked.

        Args:
            midway: the batch under way, where there is one.

        Raises:
            Stopped: this attempt is over.
            StoreError: the disk refuses.
        """
        self.passed, self._midway, self._files = True, midway, len(self.state.files)
        reason = interruption.requested()
        what = processes.agreed(_STOP if reason else _SAVE if self._is_late() else _GO_ON)
        if what != _GO_ON:
            self._keep()
        if what not in (_GO_ON, _SAVE):
            raise Stopped(reason or "rank 0 stopped")

    def leave_if_asked(self) -> None:
        """Leave between two tiles of a kernel, which is begun again later; a group goes on to its next safe point.

        Raises:
            Stopped: this attempt is over.
            StoreError: the disk refuses.
        """
        reason = interruption.requested()
        if reason and not processes.are_several():
            self._keep()
            raise Stopped(reason)

    def peak_bytes(self) -> int:
        """The largest peak memory of all attempts so far."""
        return max(self.state.peak_bytes, memory.peak_bytes())

    def _is_late(self) -> bool:
        return time.monotonic() - self._last >= self._interval

    def _keep(self) -> None:
        """Save how far the task had come at its last safe point, once."""
        if self._midway is None:
            return
        files = self.state.files[: self._files]
        state = Checkpoint(self.state.finished, self._midway(), files, self.peak_bytes())
        self._save(state, files[self._flushed :])
        self._midway, self._flushed, self._last, self.saved = None, self._files, time.monotonic(), True


def resume(store: Path, mine: Attempt) -> SafePoints:
    """The safe points of an attempt, which goes on where an earlier one stopped if there is a checkpoint to trust.

    Raises:
        StoreError: the disk refuses.
    """

    def save(state: Checkpoint, new: Sequence[str]) -> None:
        checkpoints.save(store, mine.task, mine.id, packed(state), new)

    found = checkpoints.load(store, mine.task)
    if found is None or not all((store / name).exists() for name in found.facts["files"]):
        return SafePoints(save=save)
    return SafePoints(unpacked(found), save)


def forget(store: Path, mine: Attempt, points: SafePoints) -> None:
    """After a failure: drop a checkpoint that an attempt went on from and came to no safe point.

    It may be the reason, and the task would fail for ever.

    Raises:
        StoreError: the disk refuses.
    """
    if points.resumed and not points.passed:
        checkpoints.remove(store, mine.task)
