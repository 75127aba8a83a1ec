"""The Slurm of `slurm.sh`, as a test uses it: its clients with a time limit for each, and its nodes to break."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# The name may hold the separator and comes last.
COLUMNS = {"id": "%i", "array": "%F", "index": "%K", "raw": "%A", "state": "%T", "reason": "%r", "node": "%N"}
COLUMNS |= {"partition": "%P", "used": "%M", "limit": "%l", "name": "%j"}
SYSTEM = os.pathsep + "/usr/sbin"


class Laboratory:
    """A cluster, named by its slurm.conf."""

    def __init__(self, configuration: str | Path):
        self.configuration = Path(configuration)
        self.folder = self.configuration.parents[1]
        self.nodes = self.run("sinfo", "-h", "-N", "-p", "batch", "-o", "%N").split()

    def run(self, *command: object, seconds: float = 30, check: bool = True, **options: Any) -> str:
        """What a client prints; its errors are in the exception if it fails."""
        words = [str(word) for word in command]
        outcome = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False, **options)
        if check and outcome.returncode:
            raise AssertionError(f"{' '.join(words)}: status {outcome.returncode}: {outcome.stderr.strip()}")
        return outcome.stdout

    def sbatch(self, *options: object, script: str | None = None, **keywords: Any) -> int:
        """Submit `script`, or what the options name; the job's id."""
        command = ["sbatch", "--parsable", *options]
        return int(self.run(*command, **({"input": script} if script else {}), **keywords))

    def squeue(self, *jobs: object) -> list[dict[str, str]]:
        """Jobs with the fields of COLUMNS, also those that ended, and each element of an array for itself."""
        which = ["-j", ",".join(map(str, jobs))] if jobs else []
        lines = self.run("squeue", "-h", "-r", "-t", "all", "-o", "|".join(COLUMNS.values()), *which).splitlines()
        return [dict(zip(COLUMNS, line.split("|", len(COLUMNS) - 1), strict=True)) for line in lines]

    def states(self, job: object) -> dict[str, str]:
        """The state of a job, or of each element of an array: `{"7": "RUNNING"}`, `{"7_0": ..., "7_1": ...}`."""
        return {line["id"]: line["state"] for line in sorted(self.squeue(job), key=_by_index)}

    def state(self, job: object) -> str:
        """The state of one job or one element."""
        (state,) = self.states(job).values()
        return state

    def details(self, job: object) -> dict[str, str]:
        """What `scontrol show job` tells of one job or one element."""
        words = self.run("scontrol", "show", "job", "--oneliner", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def scancel(self, *words: object) -> None:
        self.run("scancel", *words)

    def scontrol(self, *words: object, check: bool = True) -> str:
        return self.run("scontrol", *words, check=check)

    def wait_for(self, condition: Callable[[], Any], seconds: float = 30, every: float = 0.2) -> Any:
        """What `condition` says as soon as it is true; after `seconds`, an error with the queue in it."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > end:
                queue = self.run("squeue", "-t", "all", check=False) + self.run("sinfo", "-N", "-l", check=False)
                raise AssertionError(f"not so after {seconds} s\n{queue}")
            time.sleep(every)
        return found

    def wait_for_state(self, job: object, *states: str, seconds: float = 30) -> None:
        """Wait until a job, or every element of an array, is in one of the states."""
        self.wait_for(lambda: set(self.states(job).values()) <= set(states), seconds)

    def ended(self, job: object) -> bool:
        """Whether nothing of a job waits, runs or is being ended."""
        return not self.run("squeue", "-h", "-j", job, check=False)

    def preempt(self, seconds: float = 3, nodes: Sequence[str] = ()) -> int:
        """Submit an urgent job that takes the nodes, all if none is named, for some seconds."""
        chosen = list(nodes or self.nodes)
        where = ["-p", "urgent", "--exclusive", "-N", len(chosen), "-w", ",".join(chosen), "-o", "/dev/null"]
        return self.sbatch(*where, "--wrap", f"sleep {seconds}")

    def node_down(self, name: str) -> None:
        """Slurm takes a node for broken: its jobs are killed and requeued. Drained, or it would come back by itself."""
        for state in ("down", "drain"):
            self.scontrol("update", f"nodename={name}", f"state={state}", "reason=test")

    def node_resume(self, name: str) -> None:
        for state in ("undrain", "resume"):
            self.scontrol("update", f"nodename={name}", f"state={state}", check=False)

    def node_state(self, name: str) -> str:
        """As sinfo says it: `idle`, `mix`, `alloc`, `comp`, `drain`, `down*`..."""
        return self.run("sinfo", "-h", "-N", "-p", "batch", "-n", name, "-o", "%t").strip()

    def kill_slurmd(self, name: str) -> None:
        """Kill a node's daemon and nothing else: its jobs go on, and soon Slurm starts them elsewhere, too."""
        if (process := self._slurmd(name)) is not None:
            os.kill(process, signal.SIGKILL)
            self.wait_for(lambda: self._slurmd(name) is None)

    def restart_slurmd(self, name: str) -> None:
        """Start a node's daemon if it is not there, and wait until Slurm has heard of it."""
        if self._slurmd(name) is None:
            slurmd = shutil.which("slurmd", path=os.environ["PATH"] + SYSTEM)
            assert slurmd, "slurmd is not installed"
            log = (self.folder / "log" / f"slurmd.{name}.out").open("a")
            quiet = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            with log:
                subprocess.run([slurmd, "-N", name], **quiet, timeout=30, check=True)
        self.wait_for(lambda: "*" not in self.node_state(name))

    def cut_power(self, name: str) -> None:
        """Kill everything of a node at once: its daemon, its jobs and what watches them."""
        jobs = [process for process in _processes() if {self._mark, f"SLURMD_NODENAME={name}"} <= _environment(process)]
        watchers = {_parent(process) for process in jobs} - set(jobs)
        self.kill_slurmd(name)
        for process in (*(process for process in watchers if self._mark in _environment(process)), *jobs):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    @contextmanager
    def frozen(self, job: object) -> Iterator[None]:
        """What watches the first step of a job does nothing for a while, as on a node that hangs."""
        steps = [process for process in _processes() if _title(process).startswith(f"slurmstepd: [{job}.0]")]
        assert steps
        for process in steps:
            os.kill(process, signal.SIGSTOP)
        yield
        for process in steps:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

    @property
    def _mark(self) -> str:
        return f"SLURM_CONF={self.configuration}"

    def _slurmd(self, name: str) -> int | None:
        """The daemon's process, if the number in its file is still that process."""
        try:
            process = int((self.folder / "run" / f"slurmd.{name}.pid").read_text())
        except (OSError, ValueError):
            return None
        return process if self._mark in _environment(process) else None

    def calm(self) -> None:
        """No job, and every node idle: how a test finds the cluster."""
        self.run("scancel", "--me", check=False)
        self.run("scancel", "--me", "--signal=KILL", "--full", check=False)
        for name in self.nodes:
            if self.node_state(name) != "idle":
                self.restart_slurmd(name)
                self.node_resume(name)
        for name in self.nodes:
            self.await_idle(name)
        self.wait_for(lambda: not self.run("squeue", "-h"), seconds=60)

    def await_idle(self, name: str) -> None:
        """Wait until a node has ended its jobs.

        Where the message is lost that it has (a slurmstepd that crashed, a machine under load), Slurm asks again only
        after four minutes: the node is set down and up again, as an operator does.
        """
        for _ in range(3):
            with suppress(AssertionError):
                return self.wait_for(lambda: self.node_state(name) == "idle", seconds=20)
            self.node_down(name)
            self.node_resume(name)
        return self.wait_for(lambda: self.node_state(name) == "idle", seconds=240)


def _by_index(line: dict[str, str]) -> tuple[int, int]:
    return int(line["array"]), int(line["index"]) if line["index"].isdigit() else -1


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _environment(process: int) -> set[str]:
    """The variables that a process was started with; none if it has ended."""
    try:
        return set(os.fsdecode(Path(f"/proc/{process}/environ").read_bytes()).split("\0"))
    except OSError:
        return set()


def _title(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _parent(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
