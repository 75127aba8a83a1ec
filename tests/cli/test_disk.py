"""Disks that refuse, as a user meets them: the command in a process that has small file systems of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import STUDY

# Every scenario has a folder of its own as the current one; `call` is the command line.
PROLOGUE = """
import contextlib, io, json, os, subprocess, sys, traceback
from pathlib import Path
from hpcpinn.cli import main
from hpcpinn.results.opening import open_study
from hpcpinn.run import task
from hpcpinn.store import ledger

study = Path(sys.argv[1])

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
    os.chdir(folder)

def remount(options):
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)

def call(*arguments):
    said, told = io.StringIO(), io.StringIO()
    sys.argv = ["hpcpinn", *map(str, arguments)]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        try:
            main()
        except SystemExit as leaving:
            return leaving.code or 0, said.getvalue(), told.getvalue()

def assert_refused(words, *arguments):
    status, _, told = call(*arguments)
    assert status == 2, (status, told)
    assert all(word in told for word in words), told
    assert "Traceback" not in told, told

def fill(keep):
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    (folder / "filler").write_bytes(bytes(max(free - keep, 0)))

def names():
    return sorted(path.name for path in folder.rglob("*"))
"""
FULL_AT_CREATION = """
mount("size=200k")
fill(80 * 1024)  # enough for what the only task will write, not for the store itself
assert_refused(["results/small.zarr cannot be used", "No space left", "Free space", "--store"], "run", study)
assert names() == ["filler"], names()
"""
TOO_FULL_TO_BEGIN = """
mount("size=200k")
fill(8 * 1024)
for command in ("plan", "run"):
    assert_refused(["`small` will write", "are free", "Free space", "--store"], command, study)
    assert names() == ["filler"], names()
"""
FULL_ON_THE_WAY = """
mount("size=4m")
compute = task.compute

def compute_while_another_program_takes_the_disk(*arguments):
    fill(0)
    return compute(*arguments)

task.compute = compute_while_another_program_takes_the_disk
assert_refused(["results/small.zarr cannot be used", "No space left", "Free space", "--store"], "run", study)
task.compute = compute
store = folder / "results" / "small.zarr"
assert ledger.done(store) == ledger.running(store) == set()
assert "waiting         1 tasks" in call("status", store)[1]
(folder / "filler").unlink()
status, said, told = call("run", study)
assert status == 0, told
assert not any(name.endswith(".partial") for name in names()), names()
"""
READ_ONLY = """
mount("size=4m,ro")
for arguments in (["run", study], ["run", study, "--store", folder / "s.zarr"]):
    assert_refused(["cannot be used", "Read-only file system", "--store"], *arguments)
    assert names() == []
"""
READ_ONLY_LATER = """
mount("size=4m")
assert call("run", study, "--store", "s.zarr")[0] == 0
remount("ro")
status, said, told = call("run", study, "--store", "s.zarr")  # what is complete can be looked at again
assert status == 0, told
assert "trace" in said and "store:  s.zarr" in said, said
assert call("status", "s.zarr")[0] == call("plan", study, "--store", "s.zarr")[0] == 0
assert (open_study("s.zarr").status == "done").all()
remount("rw")
next((folder / "s.zarr" / "ledger").glob("*.done.json")).unlink()
remount("ro")
assert_refused(["s.zarr cannot be used", "Read-only file system", "--store"], "run", study, "--store", "s.zarr")
"""
SCENARIOS = {
    "full at creation": FULL_AT_CREATION,
    "too full to begin": TOO_FULL_TO_BEGIN,
    "full on the way": FULL_ON_THE_WAY,
    "read-only": READ_ONLY,
    "read-only later": READ_ONLY_LATER,
}
EPILOGUE = """
outcomes = {}
for name, scenario in json.loads(sys.argv[2]).items():
    folder = study.parent / name
    folder.mkdir()
    try:
        exec(scenario)
        outcomes[name] = "as expected"
    except Exception:
        outcomes[name] = traceback.format_exc()
print(json.dumps(outcomes))
"""


def own_mounts() -> list[str]:
    """The command that gives a process mounts of its own; none where no file system can be mounted."""
    for command in (["unshare", "-rm"], ["unshare", "-m"]):
        attempt = [*command, "mount", "-t", "tmpfs", "none", "/mnt"]
        if shutil.which("unshare") and subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
            return command
    return []


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, environment: dict[str, str]) -> dict[str, str]:
    """All scenarios in one process: starting it takes longer than any of them."""
    prefix = own_mounts()
    if not prefix:
        pytest.skip("this machine lets nobody mount a file system of its own (unshare -rm, unshare -m)")
    study: Path = tmp_path_factory.mktemp("disk") / "study.toml"
    study.write_text(STUDY.replace("[2, 4, 8]", "[2]"))
    command = [sys.executable, "-c", PROLOGUE + EPILOGUE, study, json.dumps(SCENARIOS)]
    answer = subprocess.run(
        [*prefix, *command], env=environment | {"JAX_PLATFORMS": "cpu"}, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_disk_that_refuses(scenario, outcomes):
    assert outcomes[scenario] == "as expected", outcomes[scenario]
