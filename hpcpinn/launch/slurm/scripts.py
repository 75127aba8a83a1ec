"""Scripts as text: pure functions of an array and a profile, the same wherever and whenever they are asked.

Whatever a user has named reaches a shell in quotes. In `#SBATCH` lines, which Slurm reads and no shell, a value with
anything but plain characters is quoted the way sbatch takes it (measured with Slurm 22.05).
"""

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm.fields import span
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.store import layout
from hpcpinn.store.submissions import Array

MIB = 2**20
_PLAIN = re.compile(r"[\w./,:@%+=-]+", re.ASCII)
# Of ports that processes of one task meet at; the number of the job keeps those of different jobs apart.
_FIRST_PORT, _PORTS = 20000, 20000


@dataclass(frozen=True)
class Context:
    """What all scripts of a submission share: the study's name, its store (absolute), the submission's number."""

    name: str
    store: Path
    number: int
    profile: Profile
    excluded: tuple[str, ...] = ()


def array_script(context: Context, place: int, array: Array, throttle: int, about: str) -> str:
    """The script of a job array.

    Args:
        context: what all scripts share.
        place: which array of the submission it is.
        array: its elements and tasks.
        throttle: elements at work at once.
        about: what its tasks are, in words.

    Raises:
        ClusterError: the path of the store has a line break.
    """
    profile = context.profile
    options = [
        f"--array=0-{array.elements - 1}%{throttle}",
        f"--time={span(array.seconds)}",
        f"--nodes={array.nodes}",
        "--ntasks-per-node=1",
        f"--cpus-per-task={profile.cpus_per_task}",
        f"--mem={array.memory // MIB}M",
        *_devices(profile, array.gpus),
        f"--signal=B:USR1@{profile.warning}",
        "--requeue",
    ]
    work = ["work", str(context.store), "--submission", str(context.number), "--array", str(place)]
    command = _working(profile, work, array)
    started = [f"hpcpinn_ends=$(($(date +%s) + {array.seconds}))"]
    return _script(context, f"{context.name}-{context.number}.{place}", "%A_%a", options, about, command, started)


def closing_script(context: Context) -> str:
    """The script of the job that runs after the arrays.

    Raises:
        ClusterError: the path of the store has a line break.
    """
    options = ["--time=00:30:00", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--mem=2048M", "--requeue"]
    close = ["close", str(context.store), "--submission", str(context.number)]
    about = "Runs when the arrays are over: submits again what they have left, or says what has come of the study."
    command = [_quoted(_python(context.profile), *_MODULE, *close)]
    return _script(context, f"{context.name}-{context.number}.closing", "%j", options, about, command)


def _script(
    context: Context,
    job: str,
    log: str,
    options: Sequence[str],
    about: str,
    command: Iterable[str],
    before: Iterable[str] = (),
) -> str:
    profile = context.profile
    site = [f"--partition={profile.partition}"]
    site += [f"--{name}={value}" for name in ("account", "qos", "constraint") if (value := getattr(profile, name))]
    site += [f"--exclude={','.join(context.excluded)}"] if context.excluded else []
    own = [f"--job-name={_job_name(job)}", f"--output={_directive(_log(context.store, log))}", "--open-mode=append"]
    lines = [
        "#!/bin/bash",
        *(f"#SBATCH {option}" for option in (*own, *site, *profile.options, *options)),
        "",
        f"# {about}",
        *_FOR_SHELLCHECK,
        "set -euo pipefail",
        *before,
        "",
        *_surroundings(profile),
        *command,
    ]
    return "\n".join(lines) + "\n"


# In front of the first command, it holds for the whole script.
_FOR_SHELLCHECK = (
    "# Files that `setup` reads lie on the cluster, and what is in quotes means itself.",
    "# shellcheck disable=SC1090,SC1091,SC2016",
)


def _surroundings(profile: Profile) -> list[str]:
    """The user's own lines and names; `set -u` is none of their business."""
    setup = ["set +u", *profile.setup, "set -u", ""] if profile.setup else []
    names = [f"export {name}={_verbatim(str(value))}" for name, value in profile.environment.items()]
    return [*setup, *names, *([""] if names else [])]


def _verbatim(value: str) -> str:
    r"""A value in quotes of a shell; where it has a `\r`, which sbatch refuses in a script, escaped for bash."""
    if "\r" not in value:
        return shlex.quote(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\r", "\\r").replace("\n", "\\n")
    return f"$'{escaped}'"


_MODULE = ("-m", "hpcpinn")


def _working(profile: Profile, work: Sequence[str], array: Array) -> list[str]:
    """Start the worker, hand it the warning, and wait until it has saved."""
    return [
        *(_MEETING if array.nodes > 1 else ()),
        "# Bash takes a signal only while it waits: the worker runs beside it, and is told.",
        "worker=",
        "trap 'signalled=yes; kill -USR1 \"$worker\" 2>/dev/null || true' USR1",
        "trap 'signalled=yes; kill -TERM \"$worker\" 2>/dev/null || true' TERM",
        f"{_start(profile, work, array)} &",
        "worker=$!",
        "while",
        "  signalled=no",
        "  status=0",
        '  wait "$worker" || status=$?',
        '  [ "$signalled" = yes ]',
        "do :; done",
        'exit "$status"',
    ]


def _start(profile: Profile, work: Sequence[str], array: Array) -> str:
    """The command of the worker, which ignores the warning until it has begun to listen."""
    worker = f'{_quoted(_python(profile), *_MODULE, *work)} --ends "$hpcpinn_ends"'
    deaf = 'bash -c \'trap "" USR1; exec "$@"\' bash'
    if array.nodes > 1:
        return f'{_step(profile, array.nodes)} {deaf} {worker} --coordinator "$meeting"'
    if profile.preemption == "cancel":
        # A step is told at the beginning of the site's grace time, a process of the batch shell at its end.
        return f"{_step(profile, 1)} {deaf} {worker}"
    return f'(trap "" USR1; exec {worker})'


_MEETING = (
    'hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST")',
    f'meeting="${{hosts%%[[:space:]]*}}:$(({_FIRST_PORT} + SLURM_JOB_ID % {_PORTS}))"',
)


def _step(profile: Profile, processes: int) -> str:
    """A step with all that the job was given: by itself it takes a core, and the site's default of memory."""
    each = f"--ntasks-per-node=1 --cpus-per-task={profile.cpus_per_task} --mem=0"
    return f"srun --ntasks={processes} {each} --kill-on-bad-exit=1"


def _devices(profile: Profile, gpus: int) -> list[str]:
    if not gpus:
        return []
    kind = f"{profile.gpu_type}:" if profile.gpu_type else ""
    return [f"--gres=gpu:{kind}{gpus}"]


def _python(profile: Profile) -> str:
    return profile.python or sys.executable


def _quoted(*words: str) -> str:
    return " ".join(map(shlex.quote, words))


def _job_name(name: str) -> str:
    """What a queue shows: plain characters, not too many."""
    return "hpcpinn-" + re.sub(r"[^\w.+-]+", "-", name, flags=re.ASCII)[-60:]


def _log(store: Path, name: str) -> str:
    # Slurm expands %; what is in the path of the store means itself.
    return f"{str(layout.logs(store)).replace('%', '%%')}/{name}.log"


def _directive(value: str) -> str:
    r"""A value of an `#SBATCH` line, in double quotes unless it is plain; `\` and `"` are escaped in them."""
    if _PLAIN.fullmatch(value):
        return value
    # A backslash in the name of a log switches the %A and %a in it off.
    if any(mark < " " or mark in "\x7f\\" or "\ud800" <= mark <= "\udfff" for mark in value):
        raise ClusterError(
            f"the store {value!r} cannot be used with Slurm; allowed: a path in UTF-8 without line breaks, control "
            f"characters and backslashes. Put it elsewhere with --store."
        )
    escaped = value.replace('"', '\\"')
    return f'"{escaped}"'
