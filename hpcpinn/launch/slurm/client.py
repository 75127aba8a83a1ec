"""The commands of Slurm: the one home of `sbatch`, `squeue`, `scancel`, `scontrol` and `sinfo`.

Every call has a timeout: `squeue` may fail and `scontrol` may hang when the controller is busy. Nothing here decides
whether a task is done.
"""

import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hpcpinn.errors import ClusterError

SECONDS = 60.0  # that a command may take
_SEPARATOR = "|"
_COLUMNS = ("%i", "%T", "%r", "%N")
_LIMIT = re.compile(r"%\d+")
# Slurm writes elements that are evenly spaced with their step.
_SPAN = re.compile(r"(\d+)(?:-(\d+))?(?::(\d+))?")
# States in which an element will do no more.
OVER = frozenset(
    {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT"}
)
_BROKEN = frozenset({"down", "drained", "draining", "drain", "fail", "failing", "not_responding", "unknown", "error"})


@dataclass(frozen=True)
class Queued:
    """A job, or an element of an array, as the queue shows it.

    Attributes:
        id: "12", "12_3", or "12_[4-9]" for elements that wait together.
        state: such as "RUNNING".
        elements: how many it stands for.
        reason: why it waits, or where it runs.
    """

    id: str
    state: str
    elements: int
    reason: str

    @property
    def job(self) -> str:
        """Id of the job or of its array."""
        return self.id.partition("_")[0]

    @property
    def has_failed_to_launch(self) -> bool:
        """Whether Slurm holds it until somebody says that it may be tried again."""
        return self.state == "PENDING" and self.reason.lower().replace("_", " ").startswith("launch failed")

    @property
    def is_over(self) -> bool:
        """Whether it will do no more."""
        return self.state in OVER


def submit(script: Path, *options: str) -> str:
    """Hand a script to `sbatch`; options given here win over those in the script.

    Returns:
        The id of the job.

    Raises:
        ClusterError: there is no Slurm here, it does not answer, or it refuses; in its own words.
    """
    answer = _call("sbatch", "--parsable", *options, str(script))
    # Sites print greetings of their own in front.
    job = (answer.split() or [""])[-1].partition(";")[0]
    if not job.isdecimal():
        raise ClusterError(f"`sbatch` answers {answer.strip()!r}, which is no job id. Look with squeue, and try again.")
    return job


def job_of(script: Path) -> str | None:
    """The newest job in the queue that was made of a script; None if there is none, or the queue cannot be asked.

    A busy controller may take a job and not come to say so: `sbatch` then fails, or hangs.
    """
    try:
        lines = _call("squeue", "--noheader", "--me", f"--format=%F{_SEPARATOR}%o").splitlines()
    except ClusterError:
        return None
    found = (line.split(_SEPARATOR, 1) for line in lines if _SEPARATOR in line)
    return max((job for job, command in found if command.strip() == str(script)), key=int, default=None)


def queue(jobs: Collection[str]) -> list[Queued]:
    """What the queue shows of these jobs; a job that ended a while ago is not shown.

    Raises:
        ClusterError: the queue cannot be asked.
    """
    wanted = {job.partition("_")[0] for job in jobs}
    if not wanted:
        return []
    # Not `--jobs`, which refuses the whole list for one id that is too old; and the user's own are not many.
    lines = _call("squeue", "--noheader", "--states=all", "--me", f"--format={_SEPARATOR.join(_COLUMNS)}")
    shown = (_queued(line) for line in lines.splitlines() if line.count(_SEPARATOR) == len(_COLUMNS) - 1)
    return [one for one in shown if one.job in wanted]


@dataclass(frozen=True)
class Facts:
    """What the controller remembers of a job.

    Attributes:
        state: "" if it remembers nothing.
        run: how often it was started again.
        ends: when its time is over, in seconds since the epoch; None where that is not known, or never.
    """

    state: str = ""
    run: int = 0
    ends: float | None = None


def facts(job: str) -> Facts:
    """What the controller remembers of one job or element; it forgets a job minutes after its end."""
    try:
        fields = _fields(_call("scontrol", "--oneliner", "show", "job", job))
    except ClusterError:
        return Facts()
    restarts = fields.get("Restarts", "")
    return Facts(
        fields.get("JobState", ""), int(restarts) if restarts.isdecimal() else 0, _time(fields.get("EndTime", ""))
    )


def _time(text: str) -> float | None:
    """Seconds since the epoch of a local time as Slurm writes it; None for "Unknown"."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def known(nodes: Collection[str]) -> tuple[str, ...]:
    """Those of some nodes that the cluster still has, since sbatch refuses others; all if nobody answers."""
    if not nodes:
        return ()
    try:
        there = set(_call("sinfo", "--noheader", "--Node", "--format=%N").split())
    except ClusterError:
        return tuple(sorted(nodes))
    return tuple(sorted(there & set(nodes)))


def is_broken(node: str) -> bool:
    """Whether a node is known to be down, drained or failing."""
    try:
        said = _call("sinfo", "--noheader", f"--nodes={node}", "--format=%T").lower()
    except ClusterError:
        return False
    return "*" in said or not _BROKEN.isdisjoint(re.findall(r"[a-z_]+", said))


def requeue(job: str) -> None:
    """Start a job or an element again later; it ends where it runs.

    Raises:
        ClusterError: the site does not allow it.
    """
    _call("scontrol", "requeue", job)


def release(job: str) -> None:
    """Let a job or an element go on that is held.

    Raises:
        ClusterError: it is not held any more, or somebody else's.
    """
    _call("scontrol", "release", _LIMIT.sub("", job))  # which scontrol does not take back as squeue writes it


def exclude(job: str, nodes: Collection[str]) -> None:
    """Keep the waiting elements of a job off some nodes.

    Raises:
        ClusterError: nothing of it waits any more, or the site does not allow it.
    """
    _call("scontrol", "update", f"JobId={job}", f"ExcNodeList={','.join(sorted(nodes))}")


def cancel(jobs: Sequence[str]) -> None:
    """End jobs with all their elements.

    Raises:
        ClusterError: Slurm does not answer, or refuses.
    """
    if jobs:
        _call("scancel", *jobs)


def _queued(line: str) -> Queued:
    identity, state, reason, nodes = line.split(_SEPARATOR)
    return Queued(identity, state, _elements(identity), nodes or reason)


def _elements(identity: str) -> int:
    """How many elements an id stands for; a long list is cut by squeue, and the rest of it is not counted.

    >>> [_elements(identity) for identity in ("12", "12_3", "12_[4-9,11%5]", "12_[1-7:2%5]", "12_[1,...]")]
    [1, 1, 7, 4, 1]
    """
    spans = _SPAN.findall(identity.partition("[")[2].partition("%")[0])
    return sum(len(range(int(first), int(last or first) + 1, int(step or 1))) for first, last, step in spans) or 1


def _fields(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split() if "=" in part)


def _call(command: str, *arguments: str) -> str:
    try:
        answer = subprocess.run(
            [command, *arguments],
            env=_environment(os.environ),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise ClusterError(
            f"`{command}` is not on this machine; allowed: a node of a cluster with Slurm. Log in there, or write "
            f"--dry-run to see what would be submitted."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"`{command}` has not answered for {SECONDS:g} s. Try again in a while.") from error
    if answer.returncode:
        raise ClusterError(f"`{command}` refuses: {_said(answer.stderr) or f'exit status {answer.returncode}'}")
    return answer.stdout


def _said(text: str) -> str:
    lines = (line.partition("error: ")[2] or line for line in text.splitlines())
    return "; ".join(line.strip() for line in lines if line.strip())


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what a job around this process was given, which a job from here would take for its own."""
    return {
        name: value
        for name, value in environment.items()
        if name == "SLURM_CONF" or not name.startswith(("SLURM_", "SBATCH_", "SLURMD_"))
    }
