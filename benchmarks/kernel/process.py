"""One contender in a process of its own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.kernel.case import Case

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 1200


class ContenderError(Exception):
    """A contender that did not answer; the message is the reason, in words for the table."""


def told(python: Path, module: str, case: Case) -> dict[str, Any]:
    """What a module of this folder tells about a case, by its interpreter; empty for one that tells nothing.

    Raises:
        ContenderError: it failed, or took longer than 20 minutes.
    """
    command = [str(python), "-m", f"benchmarks.kernel.{module}", case.text()]
    # TensorFlow, which neural-tangents imports, would write about itself.
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ContenderError(f"took longer than {TIMEOUT / 60:.0f} min") from error
    if done.returncode:
        raise ContenderError(f"failed: {_reason(done)}")
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"killed by signal {-done.returncode}"
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    # jax closes its tracebacks with a ruler and a remark.
    errors = [line for line in lines if line[:1].isalpha() and "Error" in line.split(":")[0]]
    return (errors or lines)[-1][:100]
