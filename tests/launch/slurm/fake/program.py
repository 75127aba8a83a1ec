"""`program.py FOLDER COMMAND ...`: COMMAND as a fake Slurm whose state is in FOLDER has it."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from tests.launch.slurm.fake import listing, submission
from tests.launch.slurm.fake.state import opened

VERSION = "slurm-wlm 22.05.8"


def answer(folder: Path, command: str, arguments: list[str]) -> str:
    with opened(folder) as state:
        if command == "sbatch":
            return submission.submit(folder, state, arguments)
        if command == "sacct":
            raise submission.Refused("Slurm accounting storage is disabled")
        return getattr(listing, command)(state, arguments)


def fault(folder: Path, command: str, arguments: list[str]) -> dict | None:
    """What the test wants of this call; every call is noted, also one that fails."""
    with opened(folder) as state:
        state["calls"].append([command, *arguments])
        waiting = state["faults"].get(command, [])
        found = waiting[0] if waiting else None
        if found and found["times"] is not None:
            found["times"] -= 1
            if found["times"] <= 0:
                waiting.pop(0)
        return found


def main(folder: Path, command: str, arguments: list[str]) -> int:
    found = fault(folder, command, arguments) or {}
    output, errors, status = "", found.get("stderr", ""), found.get("status", 0)
    try:
        if not found or found["after"]:
            version = arguments[:1] in (["--version"], ["-V"])
            output = VERSION if version else answer(folder, command, arguments)
    except submission.Refused as refused:
        errors, status = str(refused), refused.status
    time.sleep(found.get("seconds", 0))
    output = found.get("stdout", "") + ("" if found.get("silent") else output)
    for stream, text in ((sys.stdout, output), (sys.stderr, errors)):
        if text:
            print(text, file=stream)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
