"""`submit`, `status`, `logs`, `cancel`, `work` and `close`, with a Slurm that only keeps a list."""

import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

import pytest

from hpcpinn.cli import status
from hpcpinn.launch.slurm import client
from hpcpinn.store import attempts, layout, ledger, submissions
from tests.cli.conftest import STUDY, listing
from tests.launch.slurm.fake.control import NO_ANSWER

REPOSITORY = Path(__file__).parents[2]
PROFILE = f"""
partition = "batch"
memory_per_node = "8 GiB"
walltime = "1:00:00"
target = "0:00:30"
warning = "0:01:00"
running = 2
submitted = 20
python = {json.dumps(sys.executable)}
setup = ["export PATH=$PATH:/opt/own"]
[environment]
PYTHONPATH = {json.dumps(str(REPOSITORY))}
JAX_PLATFORMS = "cpu"
OWN = "two  words $(touch pwned)"
"""


@pytest.fixture
def profile(here):
    (here / "cluster.toml").write_text(PROFILE)
    return here / "cluster.toml"


@pytest.fixture
def submit(hpcpinn, write, profile):
    """Submit the small study."""
    study = write()

    def submit(*more):
        return hpcpinn("submit", study, "--cluster", profile, *more)

    return submit


def scripts(output):
    """What a dry run prints, by the names in its headings."""
    parts = re.split(r"^==> (\S+) <==\n", output, flags=re.MULTILINE)
    assert parts[0] == ""
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("store", [[], ["--store", "a b/it's $(touch pwned) 100%.zarr"]])
def test_a_dry_run_prints_what_is_submitted_and_does_nothing(fake_slurm, here, submit, store, monkeypatch):
    before, path = listing(here), os.environ["PATH"]
    monkeypatch.setenv("PATH", "")
    told = submit("--dry-run", *store)
    assert (told.status, told.errors) == (0, "")
    assert submit("--dry-run", *store) == told
    assert {name: text for name, text in listing(here).items() if "fake" not in name} == {
        name: text for name, text in before.items() if "fake" not in name
    }
    monkeypatch.setenv("PATH", path)
    assert fake_slurm.calls == []
    assert submit(*store).status == 0
    printed = scripts(told.output)
    assert list(printed)[-1] == "closing.sbatch"
    assert [text.encode() for text in printed.values()] == [job.script for job in fake_slurm.jobs]
    assert not list(here.rglob("pwned"))


def test_submit_returns_and_says_what_it_has_done(fake_slurm, here, submit):
    told = submit()
    assert (told.status, told.errors) == (0, "")
    assert re.search(r"^job 1: \d+ tasks in \d+ elements, 1024 MiB$", told.output, re.MULTILINE)
    assert re.search(r"^job \d+: closes submission 1$", told.output, re.MULTILINE)
    assert f"`hpcpinn status {here}/results/small.zarr` says how far it is" in told.output


def test_a_second_submit_hands_in_nothing(fake_slurm, here, submit):
    submit()
    tasks = len(submissions.read(here / "results/small.zarr", 1).tasks)
    before = len(fake_slurm.jobs)
    for more in ([], ["--dry-run"]):
        told = submit(*more)
        assert told.status == 0
        assert told.output == f"nothing to submit: {tasks} tasks are in the queue, 0 are done\n"
    assert len(fake_slurm.jobs) == before


def test_a_finished_study_has_nothing_to_submit(fake_slurm, hpcpinn, finished, profile, tmp_path):
    store = shutil.copytree(finished / "small.zarr", tmp_path / "done.zarr")
    told = hpcpinn("submit", finished / "study.toml", "--cluster", profile, "--store", store)
    assert re.fullmatch(r"nothing to submit: 0 tasks are in the queue, \d+ are done\n", told.output)
    assert fake_slurm.calls == []


@pytest.mark.parametrize("way", ["refuses", "hangs", "is not there"])
def test_a_slurm_that_does_not_take_it_is_told(fake_slurm, here, submit, monkeypatch, way):
    if way == "refuses":
        fake_slurm.fail("sbatch", NO_ANSWER)
    elif way == "hangs":
        monkeypatch.setattr(client, "SECONDS", 0.5)
        fake_slurm.hang("sbatch", 20)
    else:
        monkeypatch.setenv("PATH", "")
    told = submit()
    assert told.status == 2
    assert told.errors.startswith("hpcpinn: `sbatch` ")
    assert told.errors.count("\n") == 1


def test_a_profile_that_is_wrong_is_refused_before_anything(fake_slurm, here, submit, profile):
    profile.write_text(PROFILE.replace("walltime", "walltme"))
    before = listing(here / "fake_slurm")
    told = submit()
    assert (told.status, told.output) == (2, "")
    assert "Did you mean `walltime`?" in told.errors
    assert not (here / "results").exists()
    assert listing(here / "fake_slurm") == before


def test_a_store_that_slurm_cannot_name_is_refused_before_anything(fake_slurm, here, submit):
    told = submit("--store", "a\nb.zarr")
    assert told.status == 2
    assert "allowed: a path in UTF-8 without line breaks" in told.errors
    assert fake_slurm.calls == []
    assert not list(here.glob("a*"))


def test_jobs_do_the_study_and_close_it(fake_slurm, here, hpcpinn, submit, monkeypatch):
    """Every script as bash runs it, one after the other: the first element does everything, the others find nothing."""
    submit()
    store = here / "results/small.zarr"
    *arrays, closing = fake_slurm.jobs
    for job in arrays:
        for index in job.indices:
            done = fake_slurm.execute(job.id, index)
            assert done.returncode == 0, done.stdout + done.stderr
        fake_slurm.set(job.id, "COMPLETED")
    assert "tasks done, 0 failed" in done.stdout
    done = fake_slurm.execute(closing.id)
    assert done.returncode == 0, done.stderr
    assert re.match(r"submission 1: (\d+) of \1 tasks done, 0 failed\nsmall: depth = 1", done.stdout)
    assert submissions.read(store, 1).state == "closed"
    assert ledger.ends(store) == []
    assert not list(here.rglob("pwned"))
    told = hpcpinn("status", store)
    assert told.status == 0
    assert "submit" not in told.output
    task = sorted(ledger.done(store))[0]
    past = hpcpinn("logs", task[:12], "--store", store)
    assert re.search(r"job \d+_\d+, run 0, on node1: done after", past.output)


def test_an_element_whose_submission_is_over_does_nothing(fake_slurm, here, hpcpinn, submit):
    submit()
    store = here / "results/small.zarr"
    assert hpcpinn("cancel", store).status == 0
    done = fake_slurm.execute(1, 0)
    assert (done.returncode, done.stderr) == (0, "")
    assert "submission 1 is cancelled: there is nothing to do" in done.stdout
    assert ledger.done(store) == set()


def test_work_outside_of_a_job_is_refused(hpcpinn, finished):
    told = hpcpinn("work", finished / "small.zarr", "--submission", 1, "--array", 0, "--ends", 0)
    assert told.status == 2
    assert "outside of a job of Slurm; allowed: in a script such as slurm/array.sbatch" in told.errors


def test_cancel_names_the_jobs_and_submit_goes_on(fake_slurm, here, hpcpinn, submit):
    submit()
    jobs = [str(job.id) for job in fake_slurm.jobs]
    told = hpcpinn("cancel", "results/small.zarr")
    assert told.output == f"cancelled: {', '.join(jobs)}\n"
    assert ["scancel", *jobs] in fake_slurm.calls
    assert hpcpinn("cancel", "results/small.zarr").output.startswith("nothing to cancel")
    assert submit().output.startswith(f"job {len(jobs) + 1}: ")


def test_what_slurm_holds_is_released(fake_slurm, here, submit):
    submit()
    fake_slurm.set(1, "PENDING", 0, reason="launch failed requeued held")
    assert "are released" not in submit("--dry-run").output
    assert submit().output.startswith("1 jobs are released that Slurm held because their launch had failed\n")
    assert submit().output.startswith("nothing to submit")


def test_status_tells_the_queue_and_as_json(fake_slurm, here, hpcpinn, submit):
    submit()
    told = hpcpinn("status", "results/small.zarr")
    assert re.search(r"^submission 1: jobs 1, .*: \d+ pending \(None\)$", told.output, re.MULTILINE)
    found = json.loads(hpcpinn("status", "results/small.zarr", "--json").output)
    assert found["states"].keys() == {"done", "running", "failed", "waiting"}
    assert found["submissions"][0]["state"] == "open"
    fake_slurm.fail("squeue", NO_ANSWER, times=None)
    told = hpcpinn("status", "results/small.zarr")
    assert told.status == 0
    assert "the queue does not answer, so this is the store alone: `squeue` refuses: " in told.output


def test_watching_ends_with_the_work(fake_slurm, here, hpcpinn, submit, monkeypatch):
    submit()
    looks = []

    nap = time.sleep

    def sleep(seconds):
        if seconds != status._WATCHED_SECONDS:
            return nap(seconds)
        looks.append(seconds)
        for job in fake_slurm.jobs if len(looks) == 2 else ():
            fake_slurm.set(job.id, "COMPLETED")
        assert len(looks) < 9

    monkeypatch.setattr(status.time, "sleep", sleep)
    told = hpcpinn("status", "results/small.zarr", "--watch")
    assert told.status == 0
    assert len(looks) == 2
    assert told.output.count("small: ") == 3
    assert "`hpcpinn submit STUDY --cluster PROFILE` with the study of this store" in told.output


@pytest.fixture
def copied(finished, here):
    return Path(shutil.copytree(finished / "small.zarr", here / "results/small.zarr"))


def test_logs_find_a_task_by_its_beginning(hpcpinn, copied):
    tasks = sorted(ledger.done(copied))
    ledger.fail(copied, attempts.begin("x"), "no task")
    told = hpcpinn("logs", tasks[0][:14])
    assert re.match(r"\S+  process \d+ on \S+: done after ", told.output)
    told = hpcpinn("logs", "")
    assert (told.status, told.output) == (2, "")
    assert (
        f"{len(tasks)} tasks begin with ``: {tasks[0]} in results/small.zarr" in told.errors
        or "tasks begin" in told.errors
    )
    told = hpcpinn("logs", "zzz")
    assert told.status == 2
    assert "no task begins with `zzz` in results/small.zarr; allowed: an id, or its beginning" in told.errors


def test_logs_of_a_failure_have_its_traceback(hpcpinn, copied):
    task = sorted(ledger.done(copied))[0]
    layout.done(copied, task).unlink()
    ledger.fail(copied, attempts.begin(task), "NaN", "Traceback: here\n")
    told = hpcpinn("logs", task)
    assert "failed: NaN\nTraceback: here\n" in told.output


@pytest.mark.parametrize("command", ["status", "cancel"])
def test_what_is_no_store_is_refused(hpcpinn, here, command):
    told = hpcpinn(command, "nowhere.zarr")
    assert told.status == 2
    assert told.errors.startswith("hpcpinn: there is no store at nowhere.zarr")


def test_logs_of_what_is_no_store_are_refused(hpcpinn, here):
    told = hpcpinn("logs", "a", "--store", "nowhere.zarr")
    assert told.status == 2
    assert told.errors.startswith("hpcpinn: there is no store at nowhere.zarr")
    (here / "results/odd.zarr").mkdir(parents=True)
    assert hpcpinn("logs", "a").status == 2


def test_the_study_of_these_tests_is_small():
    assert "width = [2, 4, 8]" in STUDY
