"""A full disk and a read-only folder, on a real file system of a few hundred kilobytes."""

import os
import shutil
import subprocess
import sys

import pytest

from hpcpinn.errors import StoreError
from hpcpinn.store import disk

PROCESS = """
import os, runpy, subprocess, sys
from pathlib import Path
from hpcpinn.errors import StoreError
from hpcpinn.store import layout, ledger

small = runpy.run_path(sys.argv[1])
folder = Path(sys.argv[2])
path = folder / "results" / "small.zarr"


def told(call, *arguments):
    try:
        call(*arguments)
    except StoreError as error:
        return str(error)
    raise SystemExit("not refused")


def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)


def remount(options):
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
"""
FULL_FROM_THE_START = """
mount("size=60k")
message = told(small["made"], path)
assert "No space left" in message and "--store" in message and str(path) in message, message
assert list(folder.iterdir()) == [], list(folder.iterdir())
"""
FULL_ON_THE_WAY = """
mount("size=4m")
store, plan = small["made"](path)
task, other = plan.tasks[:2]
small["run_task"](store, plan, other)
free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
(folder / "filler").write_bytes(bytes(free - 5 * 4096))
message = told(small["run_task"], store, plan, task)
assert "No space left" in message and "Free space" in message and str(path) in message, message
assert ledger.done(path) == {other.id} and ledger.running(path) == set()
(folder / "filler").unlink()
small["run_task"](store, plan, task)
record = ledger.read(path, task.id)
assert ledger.done(path) == {task.id, other.id}
assert record["files"] == ledger.checksums(path, record["files"])
"""
NO_ROOM_FOR_THE_RECORD = """
mount("size=4m")
store, plan = small["made"](path)
task = plan.tasks[0]
files = small["write_region"](store, plan, task, small["values"](plan, task))
free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
mine = ledger.attempts.begin(task.id)
(folder / "filler").write_bytes(bytes(free))
message = told(ledger.publish, path, mine, files)
assert "No space left" in message, message
assert "No space left" in told(ledger.fail, path, mine, "broke")
assert {found.name for found in layout.ledger(path).iterdir()} == {"zarr.json", "tasks.json", "extent.0.json"}
(folder / "filler").unlink()
assert ledger.publish(path, mine, files)
"""
READ_ONLY = """
mount("size=4m")
store, plan = small["made"](path)
small["run_task"](store, plan, plan.tasks[0])
remount("ro")
for call, arguments in [
    (small["made"], (folder / "other.zarr",)),
    (small["made"], (folder / "new" / "other.zarr",)),
    (small["run_task"], (store, plan, plan.tasks[1])),
    (small["write_region"], (store, plan, plan.tasks[1], small["values"](plan, plan.tasks[1]))),
    (ledger.publish, (path, ledger.attempts.begin(plan.tasks[1].id), [])),
    (ledger.fail, (path, ledger.attempts.begin(plan.tasks[1].id), "broke")),
]:
    message = told(call, *arguments)
    assert "Read-only file system" in message and "--store" in message, message
assert ledger.status(path).done == {plan.tasks[0].id}
assert small["open_store"](path) == small["made"](path)[0]
assert [found.name for found in folder.iterdir()] == ["results"]
"""


def unshare():
    """The command that gives a process mounts of its own, or None where no file system can be mounted."""
    for command in (["unshare", "-rm"], ["unshare", "-m"]):
        attempt = [*command, "mount", "-t", "tmpfs", "none", "/mnt"]
        if shutil.which("unshare") and subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
            return command
    return None


@pytest.mark.parametrize(
    "script",
    [FULL_FROM_THE_START, FULL_ON_THE_WAY, NO_ROOM_FOR_THE_RECORD, READ_ONLY],
    ids=["full from the start", "full on the way", "no room for the record", "read-only"],
)
def test_a_disk_that_refuses_is_told_and_leaves_nothing_half_made(script, tmp_path, request):
    command = unshare()
    if command is None:
        pytest.skip("this machine lets nobody mount a file system of its own (unshare -rm, unshare -m)")
    process = request.path.with_name("process.py")
    answer = subprocess.run(
        [*command, sys.executable, "-c", PROCESS + script, str(process), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(request.path.parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: the read-only file system above stands for it")
def test_a_folder_without_permission_is_told(tmp_path, small):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=r"Permission denied.*--store"):
        small.made(tmp_path / "small.zarr")


def test_any_other_error_is_left_to_its_caller(tmp_path):
    with pytest.raises(FileNotFoundError), disk.reported(tmp_path):
        (tmp_path / "missing").read_text()


def test_what_is_written_aside_is_gone_after_an_error(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        disk.write_aside(tmp_path / "record", "1", "\udc00")
    assert list(tmp_path.iterdir()) == []


def test_a_replaced_file_has_the_new_content(tmp_path):
    for text in ("one", "another"):
        disk.replace(tmp_path / "record", "1", text)
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("record", text)]


def test_the_first_link_stands(tmp_path):
    assert [disk.link_once(tmp_path / "record", token, token) for token in ("a", "b")] == [True, False]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("record", "a")]
