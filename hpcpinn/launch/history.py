"""The attempts at one task, and what their jobs have printed."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpcpinn.launch.slurm import logs
from hpcpinn.store import layout


@dataclass(frozen=True)
class Past:
    """One attempt.

    Attributes:
        when: it began, ISO 8601.
        where: job and node, or host and process.
        end: how it ended.
        text: what its job has printed while it was under way, and the traceback if there is one.
    """

    when: str
    where: str
    end: str
    text: str


def attempts_of(store: Path, task: str) -> list[Past]:
    """All that is known of the attempts at a task, oldest first."""
    return sorted(_all(store, task), key=lambda past: past.when)


def _all(store: Path, task: str) -> Iterator[Past]:
    for path in layout.ledger(store).glob(f"{task}.*.json"):
        # A record may be gone by now, and one that a reboot has cut tells nothing.
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            content = json.loads(path.read_text(encoding="utf-8"))
            when = str(content["started"])
            yield Past(when, _where(content), _end(path.name, content), _text(store, task, content))


def _where(content: Mapping[str, Any]) -> str:
    job = content.get("job")
    if job is None:
        return f"process {content.get('pid', '?')} on {content.get('host', '?')}"
    return f"job {job['id']}, run {job['run']}, on {job['node'] or content.get('host', '?')}"


def _end(name: str, content: Mapping[str, Any]) -> str:
    if name.endswith(layout.DONE):
        return f"done after {content['seconds']:.1f} s"
    if name.endswith(layout.FAILED):
        return f"failed: {content['reason']}"
    if name.endswith(layout.ENDED):
        return f"ended: {content['reason']}" + (", with a checkpoint" if content["saved"] else "")
    return "under way, or lost"


def _text(store: Path, task: str, content: Mapping[str, Any]) -> str:
    job = content.get("job")
    printed = logs.of_task(store, job["id"], job["run"], task) if job else ""
    return printed + content.get("traceback", "")
