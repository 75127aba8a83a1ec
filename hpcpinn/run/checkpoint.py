"""How far a task has come: enough to go on from there in another process with the same bits."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hpcpinn.store.checkpoints import Saved

Record = dict[str, np.ndarray]


@dataclass
class Midway:
    """A batch of runs in the middle of its training.

    Attributes:
        step: steps of training done.
        seconds: spent on the batch so far.
        records: what was recorded, one per recorded step.
        leaves: the parameters at this step, in the order of their tree, with a leading axis of networks.
    """

    step: int
    seconds: float
    records: list[Record]
    leaves: list[np.ndarray]

    def take(self) -> list[np.ndarray]:
        """The parameters, which are not held here any longer: they are as large as the network."""
        leaves, self.leaves = self.leaves, []
        return leaves


@dataclass
class Checkpoint:
    """A task that is not done.

    Attributes:
        finished: the records of finished batches.
        midway: the batch under way; None where it begins at its initialisation, which its seeds give again.
        files: chunk files of kernels written so far, relative to the store.
        peak_bytes: the largest peak memory of earlier attempts.
    """

    finished: list[Record] = field(default_factory=list)
    midway: Midway | None = None
    files: list[str] = field(default_factory=list)
    peak_bytes: int = 0


def packed(state: Checkpoint) -> Saved:
    """A checkpoint as facts and named arrays."""
    arrays = _named("finished", state.finished)
    facts: dict[str, Any] = {"files": state.files, "peak_bytes": state.peak_bytes, "midway": None}
    if state.midway is not None:
        facts["midway"] = {"step": state.midway.step, "seconds": state.midway.seconds}
        arrays |= _named("record", state.midway.records)
        arrays |= {f"leaf/{k}/": leaf for k, leaf in enumerate(state.midway.leaves)}
    return Saved(facts, arrays)


def unpacked(saved: Saved) -> Checkpoint:
    """The checkpoint that was packed."""
    facts, kinds = saved.facts, _by_kind(saved.arrays)
    midway = None
    if facts["midway"] is not None:
        leaves = [leaf for of_one in kinds["leaf"] for leaf in of_one.values()]
        midway = Midway(facts["midway"]["step"], facts["midway"]["seconds"], kinds["record"], leaves)
    return Checkpoint(kinds["finished"], midway, list(facts["files"]), facts["peak_bytes"])


def _named(kind: str, records: list[Record]) -> dict[str, np.ndarray]:
    return {f"{kind}/{k}/{name}": values for k, record in enumerate(records) for name, values in record.items()}


def _by_kind(arrays: Mapping[str, np.ndarray]) -> dict[str, list[Record]]:
    kinds: dict[str, list[Record]] = defaultdict(list)
    for path, values in arrays.items():
        kind, place, name = path.split("/", 2)
        if int(place) == len(kinds[kind]):
            kinds[kind].append({})
        kinds[kind][int(place)][name] = values
    return kinds
