"""What a test says to the fake Slurm, and what it asks it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.launch.slurm.fake.state import ALONE, move, opened

COMMANDS = ("sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct")
PROGRAM = Path(__file__).with_name("program.py")
SUBMIT_LIMIT = (
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: "
    "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
)
NO_ACCOUNT = "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"
NO_TIME = "sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)"
NO_ANSWER = "Unable to contact slurm controller (connect failure)"


@dataclass(frozen=True)
class Submitted:
    """A job as it was submitted: `options` from script, environment and command line together, by their long names."""

    id: int
    name: str
    script: bytes
    argv: list[str]
    words: list[str]
    options: dict[str, str]
    environment: dict[str, str] = field(repr=False)
    folder: Path
    indices: list[int]


class FakeSlurm:
    """Commands in `bin`, which only keep a list: nothing is scheduled, the test says what becomes of a job."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for command in COMMANDS:
            words = [sys.executable, "-I", "-S", "-B", str(PROGRAM), str(folder), command]
            (self.bin / command).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            (self.bin / command).chmod(0o755)

    @property
    def jobs(self) -> list[Submitted]:
        """What was submitted, in order."""
        with opened(self.folder) as state:
            return [self._submitted(number, job) for number, job in state["jobs"].items()]

    def _submitted(self, number: str, job: dict[str, Any]) -> Submitted:
        same = {key: job[key] for key in ("name", "argv", "words", "options", "environment")}
        indices = [int(index) for index in job["elements"] if index != ALONE]
        script = (self.folder / f"script.{number}").read_bytes()
        return Submitted(id=int(number), script=script, folder=Path(job["folder"]), indices=indices, **same)

    @property
    def calls(self) -> list[list[str]]:
        """Every command with its arguments, in order, also those that failed."""
        with opened(self.folder) as state:
            return state["calls"]

    def configure(self, **settings: Any) -> None:
        """`MaxArraySize`, `submitted` (a limit of elements not ended), `partitions`, `nodes`, `states`, `user`."""
        with opened(self.folder) as state:
            state["settings"] |= settings

    def set(self, job: int, status: str, *indices: int, **changes: Any) -> None:
        """Put a job, or these elements of it, into a state; `reason`, `node`, `used` and `restarts` as keywords."""
        with opened(self.folder) as state:
            elements = state["jobs"][str(job)]["elements"]
            for index in map(str, indices or elements):
                changes.setdefault("node", state["settings"]["nodes"][0] if status != "PENDING" else "")
                move(state, str(job), index, state=status, **changes)

    def states(self, job: int) -> dict[int | None, str]:
        with opened(self.folder) as state:
            elements = state["jobs"][str(job)]["elements"].items()
            return {None if index == ALONE else int(index): element["state"] for index, element in elements}

    def forget(self, job: int) -> None:
        """Slurm does so some minutes after a job's end."""
        with opened(self.folder) as state:
            del state["jobs"][str(job)]

    def fail(self, command: str, stderr: str, status: int = 1, times: int | None = 1, after: bool = False) -> None:
        """Let the next calls fail (None: all); with `after` what was asked is done, and the answer is lost."""
        self._expect(command, stderr=stderr, status=status, times=times, after=after, silent=True)

    def hang(self, command: str, seconds: float = 60, times: int | None = 1, after: bool = False) -> None:
        """Let the next calls say nothing for so long; with `after` what was asked is done all the same."""
        self._expect(command, seconds=seconds, times=times, after=after, silent=True)

    def say(self, command: str, stdout: str, times: int | None = 1) -> None:
        """Let the next calls print something of the site's in front of their answer."""
        self._expect(command, stdout=stdout + "\n", times=times, after=True)

    def heal(self) -> None:
        """From now on every command works."""
        with opened(self.folder) as state:
            state["faults"] = {}

    def _expect(self, command: str, **fault: Any) -> None:
        with opened(self.folder) as state:
            state["faults"].setdefault(command, []).append(fault)

    def execute(
        self, job: int, index: int | None = None, restarts: int = 0, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a job's script to its end as Slurm would: its folder, its environment, the variables of a job."""
        submitted = next(known for known in self.jobs if known.id == job)
        variables = {"SLURM_JOB_ID": str(job), "SLURM_JOB_NAME": submitted.name, "SLURMD_NODENAME": "node1"}
        if index is not None:
            variables |= {"SLURM_ARRAY_JOB_ID": str(job), "SLURM_ARRAY_TASK_ID": str(index)}
            variables |= {"SLURM_ARRAY_TASK_COUNT": str(len(submitted.indices))}
        if restarts:
            variables["SLURM_RESTART_COUNT"] = str(restarts)
        copy = self.folder / "slurm_script"
        copy.write_bytes(submitted.script)
        copy.chmod(0o700)
        environment = submitted.environment | variables
        keywords = {"cwd": submitted.folder, "env": environment, "capture_output": True, "text": True, "timeout": 300}
        return subprocess.run([copy, *submitted.words], check=False, **(keywords | options))


def path(folders: Iterable[Path]) -> str:
    """PATH with these folders in front."""
    return os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
