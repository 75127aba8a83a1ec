"""The fake sbatch: what it reads, what it refuses, and what it writes down. Real messages, from Slurm 22.05."""

import os
import re
import sys
from getopt import GetoptError, getopt
from pathlib import Path
from typing import Any

from tests.launch.slurm.fake.state import ALONE, ENDED, expand, new_element

VALUED = re.findall(
    r"\S+",
    """
    account array begin chdir clusters comment constraint cpus-per-gpu cpus-per-task dependency distribution error
    exclude export export-file gpu-bind gpus gpus-per-node gpus-per-task gres hint input job-name kill-on-invalid-dep
    licenses mail-type mail-user mem mem-bind mem-per-cpu mem-per-gpu mincpus nodefile nodelist nodes ntasks
    ntasks-per-node open-mode output partition priority qos reservation signal switches threads-per-core time time-min
    tmp wckey wrap
    """,
)
OPTIONAL = ["exclusive", "get-user-env", "nice", "propagate"]
PLAIN = [*OPTIONAL, "contiguous", "hold", "no-requeue", "overcommit", "oversubscribe", "parsable", "quiet", "requeue"]
PLAIN += ["test-only", "verbose", "wait"]
SHORT = {
    "a": "array", "b": "begin", "c": "cpus-per-task", "d": "dependency", "D": "chdir", "e": "error", "G": "gpus",
    "H": "hold", "i": "input", "J": "job-name", "L": "licenses", "M": "clusters", "n": "ntasks", "N": "nodes",
    "o": "output", "O": "overcommit", "p": "partition", "q": "qos", "Q": "quiet", "s": "oversubscribe", "t": "time",
    "v": "verbose", "w": "nodelist", "W": "wait", "x": "exclude", "A": "account", "C": "constraint",
}  # fmt: skip
LETTERS = "".join(letter + (":" if name in VALUED else "") for letter, name in SHORT.items())
SIGNAL = r"([BR]{1,2}:)?(SIG)?(\d+|USR[12]|TERM|INT|HUP|CONT|QUIT|URG|KILL|STOP)(@\d+)?"
VARIABLES = {"ARRAY_INX": "array", "JOB_NAME": "job-name", "TIMELIMIT": "time", "WAIT_ALL_NODES": "wait"}


class Refused(Exception):
    """What goes to standard error, and the exit status."""

    def __init__(self, *lines: str, status: int = 1):
        super().__init__("\n".join(lines))
        self.status = status


def refuse(reason: str, *before: str) -> Refused:
    lines = [f"sbatch: error: {line}" for line in (*before, f"Batch job submission failed: {reason}")]
    return Refused(*lines)


def words(line: str, name: str, number: int) -> list[str]:
    """A `#SBATCH` line as sbatch takes it apart: quotes, backslashes, and a comment after `#`."""
    found, word, quote, escaped = [], None, "", False
    for letter in line:
        if not quote and letter.isspace():
            # Also behind a backslash: sbatch wants quotes.
            found, word, escaped = (found if word is None else [*found, word]), None, False
        elif escaped:
            word, escaped = (word or "") + letter, False
        elif letter == "\\":
            word, escaped = word or "", True
        elif quote:
            word, quote = (word, "") if letter == quote else (word + letter, quote)
        elif letter in "\"'":
            word, quote = word or "", letter
        elif letter == "#":
            break
        else:
            word = (word or "") + letter
    if quote:
        raise Refused(f"sbatch: fatal: {name}: line {number}: Unmatched `{quote}` in [{line.strip()}]")
    return found if word is None else [*found, word]


def parse(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """The options by their long names, and what follows them. A value that may be missing is dropped."""
    arguments = [re.sub(rf"^(--(?:{'|'.join(OPTIONAL)}))=.*", r"\1", argument) for argument in arguments]
    try:
        pairs, rest = getopt(arguments, LETTERS, [f"{name}=" for name in VALUED] + PLAIN)
    except GetoptError as error:
        whole = next((argument for argument in arguments if argument.startswith(f"--{error.opt}")), "")
        fault = f"unrecognized option '{whole}'" if whole and "not recognized" in error.msg else error.msg
        raise Refused(f"sbatch: {fault}", 'Try "sbatch --help" for more information', status=255) from None
    return {SHORT[name[1]] if name[1] != "-" else name[2:]: value for name, value in pairs}, rest


def of_script(text: bytes, name: str) -> dict[str, str]:
    """The options that stand before the script's first command."""
    options: dict[str, str] = {}
    for number, line in enumerate(text.decode(errors="surrogateescape").split("\n"), start=1):
        if re.match(r"#SBATCH\s", line):
            found, rest = parse(words(line[len("#SBATCH") :], name, number))
            if rest:
                raise Refused(f"sbatch: error: Invalid directive found in batch script: {rest[0]}", status=255)
            options |= found
        elif line.strip() and not line.startswith("#"):
            break
    return options


def of_environment() -> dict[str, str]:
    found = {name[len("SBATCH_") :]: value for name, value in os.environ.items() if name.startswith("SBATCH_")}
    named = {VARIABLES.get(name, name.lower().replace("_", "-")): value for name, value in found.items()}
    return {name: value for name, value in named.items() if name in VALUED + PLAIN}


def script_of(options: dict[str, str], rest: list[str]) -> tuple[bytes, str]:
    if "wrap" in options:
        return f"#!/bin/sh\n# This script was created by sbatch --wrap.\n\n{options['wrap']}\n".encode(), "wrap"
    if not rest:
        return sys.stdin.buffer.read(), "sbatch"
    try:
        return Path(rest[0]).read_bytes(), Path(rest[0]).name
    except OSError:
        raise Refused(f"sbatch: error: Unable to open file {rest[0]}") from None


NO_SCRIPT = (
    "sbatch: error: This does not look like a batch script.  The first",
    "sbatch: error: line must start with #! followed by the path to an interpreter.",
    "sbatch: error: For instance: #!/bin/sh",
)
DOS = (
    "sbatch: error: Batch script contains DOS line breaks (\\r\\n)",
    "sbatch: error: instead of expected UNIX line breaks (\\n).",
)


def check_script(text: bytes) -> None:
    if not text.startswith(b"#!"):
        raise Refused(*NO_SCRIPT)
    if b"\r\n" in text:
        raise Refused(*DOS)


def indices(options: dict[str, str], largest: int) -> list[str]:
    text = options.get("array", "").split("%")[0]
    if not text:
        return [ALONE]
    try:
        found = sorted(set(expand(text)), key=int)
    except ValueError:
        found = []
    if not found or int(found[-1]) >= largest:
        raise refuse("Invalid job array specification")
    return found


def check_options(options: dict[str, str], settings: dict[str, Any]) -> None:
    if not re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}|UNLIMITED|INFINITE", options.get("time", "1")):
        raise Refused("sbatch: error: Invalid --time specification", status=255)
    match = re.fullmatch(SIGNAL, options.get("signal", "1"))
    if not match or int((match[4] or "@0")[1:]) > 65535:
        raise Refused("sbatch: error: Invalid --signal specification", status=255)
    partition = options.get("partition", "batch")
    if not set(partition.split(",")) <= set(settings["partitions"]):
        raise refuse("Invalid partition name specified", f"invalid partition specified: {partition}")


def check_limit(state: dict[str, Any], more: int) -> None:
    limit = state["settings"]["submitted"]
    elements = [element for job in state["jobs"].values() for element in job["elements"].values()]
    if limit is not None and more + sum(element["state"] not in ENDED for element in elements) > limit:
        raise refuse(
            "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
            "QOSMaxSubmitJobPerUserLimit",
        )


def submit(folder: Path, state: dict[str, Any], arguments: list[str]) -> str:
    """Write a job down and say its number."""
    given, rest = parse(arguments)
    text, name = script_of(given, rest)
    check_script(text)
    options = of_script(text, "stdin" if name == "sbatch" else name) | of_environment() | given
    check_options(options, state["settings"])
    found = indices(options, state["settings"]["MaxArraySize"])
    check_limit(state, len(found))
    number = str(state["next"])
    state["next"] += 1
    (folder / f"script.{number}").write_bytes(text)
    element = new_element() | ({"reason": "JobHeldUser"} if "hold" in options else {})
    state["jobs"][number] = {
        "id": number,
        "name": options.get("job-name", name),
        "argv": arguments,
        "words": rest[1:],
        "options": options,
        "environment": dict(os.environ),
        "command": str(Path(rest[0]).absolute()) if rest else "(null)",
        "folder": str(Path(options.get("chdir", ".")).absolute()),
        "throttle": options.get("array", "").partition("%")[2],
        "elements": {index: dict(element) for index in found},
    }
    return "" if "quiet" in options and "parsable" not in options else (
        number if "parsable" in options else f"Submitted batch job {number}"
    )  # fmt: skip
