"""What killed processes leave behind: it harms nobody, and it costs inodes."""

import time
from collections.abc import Iterator
from pathlib import Path

from hpcpinn.store import attempts, disk, layout


def clear(store: Path) -> int:
    """Remove what is of no use any more, for who starts a run; how many files.

    That is markers of dead attempts, files that were never renamed into place, and checkpoints of finished tasks.

    Markers of batch jobs stay: they are what is known of why a job ended, see `launch.slurm.inquest`.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        dead = [*_markers(store), *_partial(store), *_checkpoints(store)]
        for path in dead:
            path.unlink(missing_ok=True)
    return len(dead)


def _markers(store: Path) -> Iterator[Path]:
    for marker in layout.ledger(store).glob(f"*{layout.RUNNING}"):
        if not attempts.is_alive(marker) and not attempts.has_job(marker):
            yield marker


def _checkpoints(store: Path) -> Iterator[Path]:
    """Publication removes them: one that is there was saved by another attempt, a moment later."""
    for checkpoint in layout.ledger(store).glob(f"*{layout.CHECKPOINT}"):
        if layout.done(store, checkpoint.name.removesuffix(layout.CHECKPOINT)).exists():
            yield checkpoint


def _partial(store: Path) -> Iterator[Path]:
    """A writer renames its file within moments: one that has been lying for a minute has no writer."""
    before = time.time() - attempts.DEAD_AFTER_SECONDS
    for path in store.glob("*/*.partial"):
        if path.exists() and path.stat().st_mtime < before:
            yield path
