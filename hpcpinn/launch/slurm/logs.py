"""What jobs have printed, run by run and task by task.

Elements append to one file however often they are requeued; a line at the beginning of every run tells them apart.
"""

import re
from pathlib import Path

from hpcpinn.store import layout
from hpcpinn.store.ends import Reason
from hpcpinn.store.place import Job

_HEAD = "== hpcpinn: job"
_TAIL_BYTES = 2**20
_SLURM = re.compile(r"slurmstepd|srun: error")
# What Slurm and its memory limits say in the log of a job (22.05 and later), most telling first.
_TELLING: tuple[tuple[str, Reason], ...] = (
    ("exceeded memory limit", "memory"),
    ("oom-kill", "memory"),
    ("oom_kill", "memory"),
    ("out of memory", "memory"),
    ("due to time limit", "walltime"),
    ("due to preemption", "preempted"),
    ("due to node failure", "node"),
    ("due to job requeue", "requeued"),
)


def heading(job: Job) -> str:
    """The line that begins a run of a job.

    >>> heading(Job("12_3", 1, "node7"))
    '== hpcpinn: job 12_3, run 1, on node7'
    """
    return f"{_HEAD} {job.id}, run {job.run}, on {job.node}"


def path(store: Path, job: str) -> Path:
    """Where a job or element prints to."""
    return layout.logs(store) / f"{job}.log"


def of_run(store: Path, job: str, run: int) -> str:
    """What one run of a job has printed, at most its last MiB; "" if nothing is there."""
    try:
        with path(store, job).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    _, _, own = text.rpartition(f"{_HEAD} {job}, run {run},")
    return (own or text).partition(f"{_HEAD} {job}, run {run + 1},")[0]


def of_task(store: Path, job: str, run: int, task: str) -> str:
    """What a run of an element has printed while it was at work on a task."""
    _, begin, own = of_run(store, job, run).rpartition(f"== task {task}")
    inside, end, rest = own.partition(f"\n== {task}")
    return f"{begin}{inside}{end}{rest.partition(chr(10))[0]}\n" if begin else ""


def is_first(store: Path, job: str, run: int, task: str) -> bool:
    """Whether this run of an element has begun no task before this one; also if nothing is known of it."""
    before, _, _ = of_run(store, job, run).partition(f"== task {task}")
    return "== task " not in before


def reason(text: str) -> Reason | None:
    """Why Slurm ended the run that printed this; None if it did not say.

    >>> reason("slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01 DUE TO PREEMPTION ***")
    'preempted'
    """
    # Only Slurm's own lines: a task says in its own words that it ran out of memory, and goes elsewhere.
    low = "\n".join(line for line in text.lower().splitlines() if _SLURM.search(line))
    for words, why in _TELLING:
        if words in low:
            return why
    return "cancelled" if "cancelled at" in low else None
