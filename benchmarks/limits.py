"""Times that users feel at a prompt, against what is promised; leaves with 1 when a promise is broken.

Every command runs three times in a process of its own, and the fastest counts: others add the machine's noise.
"""

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 3
MAIN = "from hpcpinn.cli import main; main()"
STUDY = """
name = "many"
problem = "poisson1d"
[sweep]
width = [{widths}]
depth = [1, 2, 3, 4]
seed = 1
[points]
residual = 4
boundary = 2
"""
# Every task has a record like those of `ledger.publish`, which flushes each of them.
CREATE = """
import json, sys
from pathlib import Path
from hpcpinn.run.session import open_session
from hpcpinn.store import attempts, layout, regions
from hpcpinn.study.reading import read_study
session = open_session(read_study(sys.argv[1]), Path(sys.argv[2]), 1)
for task in session.plan.tasks:
    files = dict.fromkeys(regions.owned_files(session.plan, task), "0" * 64)
    record = {**attempts.begin(task.id).facts, "peak_bytes": 2**29, "files": files, "measured": []}
    layout.done(session.store.path, task.id).write_text(json.dumps(record, indent=1))
"""
# 100 000 tasks: so wide that each has one seed.
LARGE = """
name = "large"
problem = "poisson1d"
[sweep]
width = [{widths}]
depth = [2, 3, 4, 5, 6]
seed = 1000
[points]
residual = 24
boundary = 2
"""
CLUSTER = 'partition = "batch"\nmemory_per_node = "240 GiB"\nwalltime = "24:00:00"\npython = "python"\n'
# A Slurm that takes everything and shows nothing.
SLURM = {"sbatch": "echo 1", "squeue": ":"}
# Most tasks are done: a record for each, and a line in the file of the process that published it.
FINISH = """
import json, sys
from pathlib import Path
from hpcpinn.store import attempts, layout, measurements, roll
store = Path(sys.argv[1])
facts = json.dumps(attempts.begin("").facts)
for task in list(roll.read(store))[:90000]:
    layout.done(store, task.id).write_text(facts)
    measurements.note(store, attempts.begin(task.id), "2026-01-01T00:00:00+00:00", 1.0, 2**30)
"""
# xarray and zarr are loaded first: what is timed is the opening of the store.
OPEN = """
import sys, time
import hpcpinn
from hpcpinn.results import opening
from hpcpinn.store import arrays
started = time.perf_counter()
study = hpcpinn.open_study(sys.argv[1])
print(time.perf_counter() - started)
assert study.status.size == 10000 and "jax" not in sys.modules
"""
OPEN_COLD = "import sys, hpcpinn; hpcpinn.open_study(sys.argv[1]); assert 'jax' not in sys.modules"


def main() -> None:
    """Measure, print, and judge."""
    with tempfile.TemporaryDirectory() as folder:
        study, store = Path(folder, "many.toml"), Path(folder, "many.zarr")
        study.write_text(STUDY.format(widths=", ".join(map(str, range(8, 2508)))))
        _python(CREATE, study, store)
        rows = [
            ("hpcpinn --help", 1.0, _wall(MAIN, "--help")),
            ("hpcpinn plan, 10 000 cells", 5.0, _wall(MAIN, "plan", study)),
            ("hpcpinn status, 10 000 finished tasks", 1.0, _wall(MAIN, "status", store)),
            *_large(Path(folder)),
            ("open_study in a new process", 1.0, _wall(OPEN_COLD, store)),
            ("open_study, 10 000 cells", 0.2, _told(OPEN, store)),
        ]
    print("| what | promised | measured |\n|---|---|---|")
    for what, limit, seconds in rows:
        print(f"| {what} | {limit:g} s | {seconds:.3f} s |")
    sys.exit(any(seconds > limit for _, limit, seconds in rows))


def _large(folder: Path) -> list[tuple[str, float, float]]:
    """What a study of 100 000 tasks takes to submit, without what Slurm takes, and its status."""
    study, cluster, stores = folder / "large.toml", folder / "cluster.toml", itertools.count()
    study.write_text(LARGE.format(widths=", ".join(map(str, range(8000, 8020)))))
    cluster.write_text(CLUSTER)
    (folder / "bin").mkdir()
    for name, line in SLURM.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / "bin" / name).chmod(0o755)
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"

    def submit() -> float:
        store = folder / f"large{next(stores)}.zarr"
        return _once(MAIN, "submit", study, "--cluster", cluster, "--store", store)

    submitted = _fastest(submit)
    _python(FINISH, folder / "large0.zarr")
    return [
        ("hpcpinn submit, 100 000 tasks", 10.0, submitted),
        ("hpcpinn status, 90 000 of 100 000 tasks finished", 2.0, _wall(MAIN, "status", folder / "large0.zarr")),
    ]


def _wall(code: str, *arguments: object) -> float:
    return _fastest(lambda: _once(code, *arguments))


def _once(code: str, *arguments: object) -> float:
    started = time.perf_counter()
    _python(code, *arguments)
    return time.perf_counter() - started


def _told(code: str, *arguments: object) -> float:
    return _fastest(lambda: float(_python(code, *arguments)))


def _fastest(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(RUNS))


def _python(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
