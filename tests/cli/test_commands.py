"""What the commands print and leave with."""

import errno
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hpcpinn import errors
from hpcpinn.launch import running
from hpcpinn.model import catalogue
from hpcpinn.plan.plan import make_plan
from hpcpinn.results import figure
from hpcpinn.results.opening import open_study
from hpcpinn.run.outlines import outline
from hpcpinn.store import attempts, ledger, roll
from hpcpinn.study.reading import read_study
from tests.cli.conftest import STUDY, listing

MINE = """
import jax.numpy as jnp
import hpcpinn

class Mine(hpcpinn.Problem):
    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0)}

    @hpcpinn.interior
    def residual(self, p, f):
        return f.u_t - jnp.exp(p.x) * f.u_xx

    @hpcpinn.boundary(t=0)
    def initial(self, p, f):
        return f.u - jnp.sin(jnp.pi * p.x)
"""
OWN = 'name = "own"\nproblem = "mine.py:Mine"\n[sweep]\nwidth = 8\ndepth = 1\n[points]\nresidual = 9\ninitial = 3\n'


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished store that a test may damage."""
    return Path(shutil.copytree(finished / "small.zarr", tmp_path / "copy.zarr"))


def unpublish(store: Path, count: int) -> list[str]:
    """Take the records of some tasks away, as if they had not run."""
    tasks = sorted(ledger.done(store))[:count]
    for task in tasks:
        (store / "ledger" / f"{task}.done.json").unlink()
    return tasks


def test_a_plan_says_what_would_run_and_what_it_costs(hpcpinn, here, write):
    study = write()
    before = listing(here)
    answer = hpcpinn("plan", study)
    assert (answer.status, answer.errors) == (0, "")
    assert listing(here) == before
    question = read_study(study)
    plan = make_plan(question, outline(question))
    for line in (
        f"study      small, {plan.identity}",
        "store      results/small.zarr",
        "cells      3 (width 3, depth 1, seed 3)",
        f"tasks      {len(plan.tasks)}, {len(plan.tasks)} missing, up to {plan.seeds_per_task} seeds each",
        "kernel     6 rows, 1 recorded steps",
        f"operations {plan.total.flops:.3g} FLOP",
        f"memory     {plan.total.peak_bytes / 2**20:.0f} MiB for the largest task",
        f"in {plan.total.files} files",
    ):
        assert line in answer.output


def test_a_plan_names_the_preset(hpcpinn, write):
    answer = hpcpinn("plan", write('preset = "wang2020ntk"\n' + STUDY))
    assert "\npreset     wang2020ntk; the store keeps its keys in the text of the study\n" in answer.output
    assert "preset" not in hpcpinn("plan", write()).output


def test_a_plan_says_how_long_it_takes_and_what_its_tasks_ask_for(hpcpinn, write):
    output = hpcpinn("plan", write(STUDY.replace("[2, 4, 8]", "[2, 4, 8192]").replace("[1]", "[3]"))).output
    assert re.search(r"^time       about \S+ \w+ on this machine with one worker$", output, re.MULTILINE)
    head, _, classes = output.partition("classes       tasks  GPUs   memory  longest task\n")
    found = [re.fullmatch(r" +(\d+) +(\d+) +(\d+) GiB +\S.*", line) for line in classes.splitlines()]
    tasks, gpus, memory = zip(*(map(int, row.groups()) for row in found), strict=True)
    assert sum(tasks) == int(re.search(r"^tasks +(\d+),", head, re.MULTILINE)[1])
    assert set(gpus) == {0}
    assert memory[0] == 1 < memory[-1]


def test_a_plan_of_a_finished_study_takes_no_time(hpcpinn, finished):
    output = hpcpinn("plan", finished / "study.toml", "--store", finished / "small.zarr").output
    assert output.endswith("time       none, nothing is missing\n")


def test_a_plan_counts_what_is_missing_in_a_store(hpcpinn, finished, copied):
    assert "tasks      3, 0 missing" in hpcpinn("plan", finished / "study.toml", "--store", copied).output
    unpublish(copied, 2)
    assert "tasks      3, 2 missing" in hpcpinn("plan", finished / "study.toml", "--store", copied).output


def test_a_study_that_was_edited_extends_its_store(hpcpinn, write, copied):
    larger = write(STUDY.replace("[2, 4, 8]", "[2, 3, 4, 8]"))
    assert "tasks      4, 1 missing" in hpcpinn("plan", larger, "--store", copied).output
    answer = hpcpinn("run", larger, "--store", copied)
    assert (answer.status, answer.output.splitlines()[0]) == (0, f"small: 1 of 4 tasks are missing in {copied}")
    assert "small: 4 tasks, 12 runs" in hpcpinn("status", copied).output
    smaller = hpcpinn("plan", write(STUDY.replace("[2, 4, 8]", "[8]")), "--store", copied).output
    assert f"store      {copied}, with more than this study asks for\n" in smaller
    assert "tasks      4, 0 missing" in smaller


def test_an_empty_folder_may_become_a_store(hpcpinn, here, write):
    (here / "empty").mkdir()
    assert "tasks      3, 3 missing" in hpcpinn("plan", write(), "--store", "empty").output


def test_a_plan_names_every_number_of_rows(hpcpinn, write):
    study = write(STUDY.replace("residual = 4", "").replace("seed = 3", '"points.residual" = [4, 9]'))
    assert "kernel     6, 11 rows" in hpcpinn("plan", study).output


PLAN = """
import contextlib, jax
from hpcpinn.cli import main
with contextlib.suppress(SystemExit):
    main()
jax.devices()
"""


def test_a_plan_starts_no_device(environment, write):
    answer = python(environment | {"JAX_PLATFORMS": "nonexistent"}, PLAN, "plan", write(OWN, mine=MINE))
    assert "kernel     12 rows" in answer.stdout, answer.stderr
    assert "Unable to initialize backend 'nonexistent'" in answer.stderr


def test_a_run_prints_tables_exponents_store_and_figure(hpcpinn, here, write):
    answer = hpcpinn("run", write())
    assert answer.status == 0, answer
    assert "small: 3 of 3 tasks are missing in results/small.zarr" in answer.output
    assert "3 of 3 tasks, time left 0:00:00" in answer.errors
    assert "small: depth = 1 (9 of 9 runs)" in answer.output
    trace = open_study("results/small.zarr").trace.sel(block="all").isel(step=0, depth=0)
    for width in (2, 4, 8):
        values = trace.sel(width=width).values
        assert f"{values.mean():.3g} ± {values.std(ddof=1):.2g}" in answer.output
    for name in ("trace", "largest eigenvalue", "spread over seeds"):
        assert re.search(
            rf"{name} +~ N\^[-+][\d.]+ \[[-+][\d.]+, [-+][\d.]+\] \(95%, 3 seeds, 2 \.\.\. 8", answer.output
        )
    assert "9 runs, 0 failed, 0 waiting" in answer.output
    assert re.search(r"\ntook .+ GFLOP/s\n", answer.output)
    assert answer.output.endswith("store:  results/small.zarr\nfigure: results/small.png\n")
    assert (here / "results" / "small.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in (here / "results").iterdir()) == ["small.png", "small.zarr"]


def test_the_figure_is_called_after_the_store(hpcpinn, finished, copied):
    """A dot in the name of a store is not the beginning of a suffix: two stores, two figures."""
    store = copied.rename(copied.with_name("width.v2"))
    answer = hpcpinn("run", finished / "study.toml", "--store", store)
    assert answer.output.endswith(f"figure: {store.parent / 'width.v2.png'}\n")


def test_a_figure_that_cannot_be_written_does_not_make_the_study_incomplete(hpcpinn, finished, copied, monkeypatch):
    def refuse(study: object, file: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(file))

    monkeypatch.setattr(figure, "draw_widths", refuse)
    answer = hpcpinn("run", finished / "study.toml", "--store", copied)
    assert answer.status == 0
    assert "figure: none; " in answer.output
    assert "No space left on device" in answer.output


def test_a_study_of_one_width_has_a_table_and_no_figure(hpcpinn, here, write):
    answer = hpcpinn("run", write(OWN, mine=MINE))
    assert answer.status == 0, answer
    assert "own: depth = 1 (1 of 1 runs)" in answer.output
    assert answer.output.endswith("store:  results/own.zarr\n")
    assert "~ N^" not in answer.output


def test_a_stopped_run_is_worth_running_again(hpcpinn, write, monkeypatch):
    monkeypatch.setattr(running, "run_study", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    answer = hpcpinn("run", write())
    assert answer.status == errors.Interrupted.exit_status == 75
    assert answer.errors == "hpcpinn: stopped; what is done is safe. Run the same command again to complete it.\n"


def test_the_status_of_a_finished_store(hpcpinn, finished):
    answer = hpcpinn("status", finished / "small.zarr")
    assert (answer.status, answer.errors) == (0, "")
    lines = answer.output.splitlines()
    assert re.fullmatch(r"took .+: [\d.e+-]+ GFLOP/s", lines[5])
    assert re.fullmatch(r"slowest:  [0-9a-f]{16} \(width \d+, depth 1\): .+", lines[7])
    assert re.fullmatch(r"largest:  [0-9a-f]{16} \(width \d+, depth 1\): \d+ MiB; .+", lines[8])
    assert lines[:5] == [
        "small: 3 tasks, 9 runs",
        "  done            3 tasks        9 runs  100.0% of the operations",
        "  running         0 tasks        0 runs    0.0% of the operations",
        "  failed          0 tasks        0 runs    0.0% of the operations",
        "  waiting         0 tasks        0 runs    0.0% of the operations",
    ]


def test_the_status_of_a_store_with_every_kind_of_task(hpcpinn, copied):
    running_now, failed, _ = unpublish(copied, 3)
    ledger.fail(copied, attempts.begin(failed), "ValueError: no such luck")
    with ledger.attempt(copied, running_now):
        answer = hpcpinn("status", copied)
    assert answer.status == 0
    assert [line.split()[:2] for line in answer.output.splitlines()[1:5]] == [
        ["done", "0"], ["running", "1"], ["failed", "1"], ["waiting", "1"],
    ]  # fmt: skip
    assert f"failed {failed}: ValueError: no such luck" in answer.output
    assert "`hpcpinn run STUDY` with the study of this store runs what is missing." in answer.output
    shares = [float(share) for share in re.findall(r"([\d.]+)% of the operations", answer.output)]
    assert abs(sum(shares) - 100) < 0.3


def test_the_status_tells_the_time_left_while_something_is_missing(hpcpinn, copied):
    unpublish(copied, 1)
    assert re.search(r"^about .+ left at the pace so far: [\d.e+-]+ GFLOP/s$", hpcpinn("status", copied).output, re.M)
    unpublish(copied, 2)
    assert "GFLOP/s" not in hpcpinn("status", copied).output


def test_the_status_compares_measured_with_projected_memory(hpcpinn, copied):
    for lines in (copied / "ledger").glob("*.measured"):
        lines.unlink()  # then the records count
    for place, (task, projected) in enumerate(roll.read(copied).items()):
        record = copied / "ledger" / f"{task.id}.done.json"
        content = json.loads(record.read_text()) | {"peak_bytes": projected.peak_bytes * (place + 7) // 10}
        record.write_text(json.dumps(content))
    assert "\nlargest peak memory: 0.90 of what was projected for its task\n" in hpcpinn("status", copied).output


def test_the_problems_are_listed_with_their_equations(hpcpinn):
    answer = hpcpinn("problems")
    assert answer.status == 0
    entries = catalogue.listing()
    assert len(entries) == 13
    for entry in entries:
        assert f"{entry.name}\n    {entry.equation}\n" in answer.output
        assert len(entry.equation) > 10
    assert "parameters: frequency = 1, hard_boundary = false" in answer.output
    assert answer.output.count("exact solution: no, but a reference solution is computed\n") == 3
    assert '"file.py:ClassName"' in answer.output


def test_help(hpcpinn):
    answer = hpcpinn("--help")
    assert answer.status == 0
    for command in ("plan", "run", "status", "problems"):
        assert command in answer.output
        own = hpcpinn(command, "--help")
        assert own.status == 0
        assert f"Usage: hpcpinn {command}" in own.output


def test_nothing_asked_for_is_answered_with_help(hpcpinn):
    answer = hpcpinn()
    assert answer.status == 2
    assert "Usage: hpcpinn" in answer.output + answer.errors


def python(environment: dict[str, str], code: str, *arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


LOADED = (
    "import atexit, sys; atexit.register(lambda: print(*(set(sys.modules) & {'jax', 'jaxlib', 'xarray', 'zarr'})));"
)


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("sys.argv[1:] = ['--help']; from hpcpinn.cli import main; main()", ""),
        ("sys.argv[1:] = ['status', 'small.zarr']; from hpcpinn.cli import main; main()", ""),
        ("import hpcpinn; hpcpinn.open_study('small.zarr')", "xarray zarr"),
        ("import hpcpinn; hpcpinn.open_study('small.zarr').trace.mean().compute()", "xarray zarr"),
    ],
)
def test_quick_answers_do_not_wait_for_jax(code, loaded, finished, environment, monkeypatch):
    monkeypatch.chdir(finished)
    answer = python(environment, LOADED + code)
    assert answer.returncode == 0, answer.stderr
    assert " ".join(sorted(answer.stdout.splitlines()[-1].split())) == loaded


def test_a_plan_for_a_cluster_lists_its_arrays(hpcpinn, write, here):
    (here / "mine.toml").write_text('partition = "batch"\nmemory_per_node = "8 GiB"\nwalltime = "2:00:00"\n')
    answer = hpcpinn("plan", write(), "--cluster", "mine.toml")
    assert answer.status == 0
    assert re.search(r"time       about .+ on the cluster", answer.output)
    assert re.search(r"\n +3 +1 +1 +1 +0 +1 GiB +\d+ s +1\.6 h\n", answer.output)


def test_a_plan_that_does_not_fit_a_cluster_is_refused(hpcpinn, write, here):
    (here / "mine.toml").write_text('partition = "batch"\nmemory_per_node = "100 MiB"\nwalltime = "2:00:00"\n')
    answer = hpcpinn("plan", write(), "--cluster", "mine.toml")
    assert answer.status == 2
    assert "0.10 GiB are allowed" in answer.errors
