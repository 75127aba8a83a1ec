"""The fake squeue, sinfo, scontrol and scancel."""

import re
from collections.abc import Iterator
from getopt import GetoptError, gnu_getopt
from typing import Any

from tests.launch.slurm.fake.state import ALONE, ENDED, find, fold, move
from tests.launch.slurm.fake.submission import Refused

COMPACT = {
    "PENDING": "PD", "RUNNING": "R", "COMPLETING": "CG", "PREEMPTED": "PR", "CANCELLED": "CA", "TIMEOUT": "TO",
    "OUT_OF_MEMORY": "OOM", "NODE_FAIL": "NF", "COMPLETED": "CD", "FAILED": "F", "SUSPENDED": "S", "DEADLINE": "DL",
}  # fmt: skip
TITLES = {
    "i": "JOBID", "F": "ARRAY_JOB_ID", "K": "ARRAY_TASK_ID", "A": "JOBID", "T": "STATE", "t": "ST", "r": "REASON",
    "R": "NODELIST(REASON)", "N": "NODELIST", "j": "NAME", "l": "TIME_LIMIT", "M": "TIME", "P": "PARTITION",
    "u": "USER", "D": "NODES", "Z": "WORK_DIR", "E": "DEPENDENCY", "a": "AVAIL",
    "o": "COMMAND",
}  # fmt: skip
UNKNOWN = Refused("slurm_load_jobs error: Invalid job id specified")


def parse(arguments: list[str], short: str, long: list[str], program: str) -> tuple[dict[str, str], list[str]]:
    try:
        pairs, rest = gnu_getopt(arguments, short, long)
    except GetoptError as error:
        raise Refused(f"{program}: {error.msg}", f'Try "{program} --help" for more information') from None
    return dict(pairs), rest


def value(options: dict[str, str], *names: str) -> str | None:
    return next((options[name] for name in names if name in options), None)


def table(rows: list[dict[str, str]], pattern: str, titles: dict[str, str], with_titles: bool) -> str:
    lines = [titles, *rows] if with_titles else rows

    def cell(match: re.Match, row: dict[str, str]) -> str:
        text, width = row.get(match[3], ""), int(match[2] or 0)
        return text if not width else (text.rjust(width) if match[1] else text.ljust(width))[:width]

    return "\n".join(
        re.sub(r"%(\.?)(\d*)([a-zA-Z])", lambda match, row=row: cell(match, row), pattern) for row in lines
    )


def row(state: dict[str, Any], job: dict[str, Any], key: str, element: dict[str, Any]) -> dict[str, str]:
    options = job["options"]
    alone = key == ALONE
    shown = key if key.isdigit() or alone else f"[{key}]"
    waits = element["state"] == "PENDING"
    partition = options.get("partition", "batch")
    return {
        "i": job["id"] if alone else f"{job['id']}_{shown}",
        "F": job["id"], "K": key, "A": str(element["raw"] or job["id"]), "T": element["state"],
        "t": COMPACT[element["state"]], "r": element["reason"], "N": element["node"],
        "R": f"({element['reason']})" if waits or not element["node"] else element["node"],
        "j": job["name"], "l": limit(options.get("time", "10")), "M": element["used"], "P": partition,
        "u": state["settings"]["user"], "D": options.get("nodes", "1"), "Z": job["folder"],
        "E": options.get("dependency", "(null)"), "o": job["command"],
    }  # fmt: skip


def limit(text: str) -> str:
    """Minutes as squeue prints them; other forms as they are."""
    if not text.isdigit():
        return text
    days, rest = divmod(int(text), 1440)
    hours, minutes = divmod(rest, 60)
    clock = f"{hours}:{minutes:02}:00" if hours or days else f"{minutes}:00"
    return f"{days}-{hours:02}:{minutes:02}:00" if days else clock


def rows(state: dict[str, Any], names: list[str], states: set[str], separately: bool) -> Iterator[dict[str, str]]:
    """A line for each element; those of an array that never started share one, unless asked for separately."""
    found = [triple for name in names for triple in find(state, name)]
    shared: dict[tuple[str, str], list[str]] = {}
    for number, index, element in found:
        if index != ALONE and not separately and element["raw"] is None and element["state"] in states:
            shared.setdefault((number, element["reason"]), []).append(index)
    for (number, reason), indices in shared.items():
        job = state["jobs"][number]
        key = fold([int(index) for index in indices]) + (f"%{job['throttle']}" if job["throttle"] else "")
        element = job["elements"][indices[0]] | {"reason": reason}
        yield row(state, job, key, element) | {"i": f"{number}_[{key}]"}
    for number, index, element in found:
        if index not in shared.get((number, element["reason"]), []) and element["state"] in states:
            yield row(state, state["jobs"][number], index, element)


def squeue(state: dict[str, Any], arguments: list[str]) -> str:
    long = ["noheader", "format=", "jobs=", "states=", "array", "user=", "me", "name=", "partition="]
    options, _ = parse(arguments, "ho:j:t:ru:n:p:", long, "squeue")
    asked = value(options, "-j", "--jobs")
    names = list(state["jobs"]) if asked is None else asked.split(",")
    if asked is not None and len(names) == 1 and not find(state, names[0]):
        raise UNKNOWN
    chosen = (value(options, "-t", "--states") or ",".join({*COMPACT} - ENDED)).upper().split(",")
    states = set(COMPACT) if chosen == ["ALL"] else {name for name in COMPACT if {name, COMPACT[name]} & set(chosen)}
    found = list(rows(state, names, states, bool({"-r", "--array"} & options.keys())))
    for short, field in (("-n", "j"), ("-p", "P"), ("-u", "u")):
        names = value(options, short, {"-n": "--name", "-p": "--partition", "-u": "--user"}[short])
        found = [line for line in found if names is None or line[field] in names.split(",")]
    pattern = value(options, "-o", "--format") or "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R"
    return table(found, pattern, TITLES, not {"-h", "--noheader"} & options.keys())


def sinfo(state: dict[str, Any], arguments: list[str]) -> str:
    options, _ = parse(arguments, "ho:Np:an:", ["noheader", "format=", "Node", "partition=", "nodes="], "sinfo")
    settings = state["settings"]
    asked = value(options, "-p", "--partition")
    partitions = [name for name in settings["partitions"] if asked is None or name in asked.split(",")]
    each = bool({"-N", "--Node"} & options.keys())
    wanted = value(options, "-n", "--nodes")
    known = [node for node in settings["nodes"] if wanted is None or node in wanted.split(",")]
    states = settings["states"]
    lines = [
        {"P": name + ("*" if name == "batch" else ""), "a": "up", "l": settings["partitions"][name].lower(),
         "D": str(len(nodes)), "t": "idle", "T": states.get(nodes[0], "idle") if nodes else "", "N": ",".join(nodes)}
        for name in partitions for nodes in ([[node] for node in known] if each else [known])
    ]  # fmt: skip
    titles = {
        "P": "PARTITION",
        "a": "AVAIL",
        "l": "TIMELIMIT",
        "D": "NODES",
        "t": "STATE",
        "T": "STATE",
        "N": "NODELIST",
    }
    pattern = value(options, "-o", "--format") or "%9P %.5a %.10l %.6D %.6t %N"
    return table(lines, pattern, titles, not {"-h", "--noheader"} & options.keys())


def scancel(state: dict[str, Any], arguments: list[str]) -> str:
    long = ["signal=", "batch", "full", "quiet", "user=", "me", "name=", "state=", "verbose"]
    options, names = parse(arguments, "s:bfQu:n:t:v", long, "scancel")
    if wrong := next((name for name in names if not re.fullmatch(r"\d+(_\d+|_\[[\d,-]+\])?", name)), None):
        raise Refused(f"scancel: error: Invalid job id {wrong}")
    if not names and options.keys() & {"--me", "-u", "--user", "-n", "--name"}:
        wanted = value(options, "-n", "--name")
        names = [number for number, job in state["jobs"].items() if wanted in (None, job["name"])]
    # A job that nobody knows is no error, and a signal ends nothing.
    for number, index, element in (triple for name in names for triple in find(state, name)):
        if element["state"] not in ENDED and not options.keys() & {"-s", "--signal"}:
            move(state, number, index, state="CANCELLED")
    return ""


def scontrol(state: dict[str, Any], arguments: list[str]) -> str:
    options, rest = parse(arguments, "od", ["oneliner", "detail", "details"], "scontrol")
    verb, *objects = rest or [""]
    if verb == "show" and objects[:1] == ["config"]:
        return "".join(f"{key:<24}= {state['settings'][key]}\n" for key in ("MaxArraySize", "MinJobAge"))
    if verb == "show" and objects[:1] in (["job"], ["jobid"]):
        joint = " " if options.keys() & {"-o", "--oneliner"} else "\n   "
        return "\n".join(joint.join(details(state, *triple)) for triple in known(state, objects[1], UNKNOWN))
    if verb == "requeue" and objects:
        triples = known(state, objects[0], Refused(f"Invalid job id specified for job {objects[0]}"))
        for number, index, element in triples:
            move(state, number, index, state="PENDING", reason="BeginTime", node="", restarts=element["restarts"] + 1)
        return ""
    if verb == "release" and objects:
        for number, index, _ in known(state, objects[0], Refused(f"Invalid job id specified for job {objects[0]}")):
            move(state, number, index, reason="None")
        return ""
    if verb == "update" and objects:
        words = dict(word.lower().split("=", 1) for word in objects)
        triples = known(state, words["jobid"], Refused("Invalid job id specified"))
        for number, _, _ in triples:
            state["jobs"][number].setdefault("updates", []).append(objects)
        return ""
    if verb == "ping":
        return "Slurmctld(primary) at somewhere is UP"
    raise Refused(f"invalid keyword: {verb}")


def known(state: dict[str, Any], name: str, error: Refused) -> list[tuple[str, str, dict[str, Any]]]:
    if not (triples := find(state, name)):
        raise error
    return triples


def details(state: dict[str, Any], number: str, index: str, element: dict[str, Any]) -> list[str]:
    job = state["jobs"][number]
    array = [] if index == ALONE else [f"ArrayJobId={number} ArrayTaskId={index}"]
    options = job["options"]
    requeue = int("no-requeue" not in options)
    return [
        " ".join([f"JobId={element['raw'] or number}", *array, f"JobName={job['name']}"]),
        f"JobState={element['state']} Reason={element['reason']} Dependency={options.get('dependency', '(null)')}",
        f"Requeue={requeue} Restarts={element['restarts']} BatchFlag=1 Reboot=0 ExitCode=0:0",
        f"Partition={options.get('partition', 'batch')} NodeList={element['node'] or '(null)'}",
        f"WorkDir={job['folder']}",
    ]
