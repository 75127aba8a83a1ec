"""What killed processes leave behind: it harms nobody, and it costs inodes."""

import time
from collections.abc import Iterator
from pathlib import Path

from hpcpinn.store import attempts, disk, layout


def clear(store: Path) -> int:
    """Remove markers of dead attempts and files that were never renamed into place; how many. For who starts a run.

    Markers of batch jobs stay: they are what is known of why a job ended, see `launch.slurm.inquest`.

    Raises:
        StoreError: the disk refuses.
    """
    with disk.reported(store):
        dead = [*_markers(store), *_partial(store)]
        for path in dead:
            path.unlink(missing_ok=True)
    return len(dead)


def _markers(store: Path) -> Iterator[Path]:
    for marker in layout.ledger(store).glob(f"*{layout.RUNNING}"):
        if not attempts.is_alive(marker) and not attempts.has_job(marker):
            yield marker


def _partial(store: Path) -> Iterator[Path]:
    """A writer renames its file within moments: one that has been lying for a minute has no writer."""
    before = time.time() - attempts.DEAD_AFTER_SECONDS
    for path in store.glob("*/*.partial"):
        if path.exists() and path.stat().st_mtime < before:
            yield path
