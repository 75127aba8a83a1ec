"""How attempts end that do not finish their task: they stopped, and somebody will go on."""

import json
from pathlib import Path

from hpcpinn.store import disk, layout
from hpcpinn.store.attempts import Attempt


def record(store: Path, mine: Attempt, reason: str, saved: bool) -> None:
    """Leave a record of an attempt that stopped, and whether the checkpoint has advanced since it began.

    Raises:
        StoreError: the disk refuses.
    """
    content = {**mine.facts, "reason": reason, "saved": saved}
    here = layout.ended(store, mine.task, mine.id, reason)
    with disk.reported(store):
        disk.replace(here, mine.id, json.dumps(content, indent=1), durable=False)
