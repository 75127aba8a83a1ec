"""What the fake Slurm knows: one JSON file and the scripts beside it, so that commands are processes of their own."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ENDED = {"PREEMPTED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "COMPLETED", "FAILED", "DEADLINE"}
# An element that is not one of an array has this index.
ALONE = "N/A"

EMPTY = {
    "settings": {
        "MaxArraySize": 1001,
        "MinJobAge": 300,
        "submitted": None,
        "partitions": {"batch": "UNLIMITED", "short": "5:00", "fleeting": "UNLIMITED", "urgent": "UNLIMITED"},
        "nodes": ["node1", "node2", "node3", "node4"],
        "states": {},
        "user": "somebody",
    },
    "next": 1,
    "jobs": {},
    "faults": {},
    "calls": [],
}


@contextmanager
def opened(folder: Path) -> Iterator[dict[str, Any]]:
    """The state, for one command at a time; what was changed is written back."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "state.json"
        state = json.loads(path.read_text()) if path.exists() else json.loads(json.dumps(EMPTY))
        yield state
        # Beside it and renamed: a command that is killed here leaves the old state.
        path.with_suffix(".new").write_text(json.dumps(state, indent=1))
        path.with_suffix(".new").rename(path)


def new_element() -> dict[str, Any]:
    return {"state": "PENDING", "reason": "None", "node": "", "used": "0:00", "restarts": 0, "raw": None}


def find(state: dict[str, Any], name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The elements that `7`, `7_3` or `7_[0-2,5]` means, or an element's own number: job, index, element."""
    job, _, indices = name.partition("_")
    elements = state["jobs"].get(job, {}).get("elements")
    if elements is None:
        pairs = [(number, pair) for number, known in state["jobs"].items() for pair in known["elements"].items()]
        return [(number, index, element) for number, (index, element) in pairs if str(element["raw"]) == name]
    wanted = expand(indices.strip("[]")) if indices else list(elements)
    return [(job, index, elements[index]) for index in wanted if index in elements]


def move(state: dict[str, Any], job: str, index: str, /, **changes: Any) -> None:
    """Change an element. One that starts gets a number of its own, and the last of an array the array's."""
    elements = state["jobs"][job]["elements"]
    element = elements[index]
    element.update(changes)
    if element["state"] != "PENDING" and element["raw"] is None:
        if any(other["raw"] is None for other in elements.values() if other is not element):
            element["raw"] = state["next"]
            state["next"] += 1
        else:
            element["raw"] = int(job)


def expand(text: str) -> list[str]:
    """`0-6:2,9` as the indices 0, 2, 4, 6 and 9."""
    found: list[str] = []
    for part in text.split(","):
        ends, _, step = part.partition(":")
        first, _, last = ends.partition("-")
        found += map(str, range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def fold(indices: list[int]) -> str:
    """The indices 0, 1, 2 and 5 as `0-2,5`, as Slurm writes them."""
    groups: list[list[int]] = []
    for index in sorted(indices):
        if groups and index == groups[-1][1] + 1:
            groups[-1][1] = index
        else:
            groups.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in groups)
