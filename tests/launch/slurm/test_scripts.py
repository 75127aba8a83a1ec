"""Whole scripts against those of `golden`; HPCPINN_RENEW=1 writes them anew, to be looked at with git diff."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm import scripts
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.launch.slurm.reading import read_profile
from hpcpinn.launch.slurm.scripts import Context, array_script, closing_script
from hpcpinn.store.submissions import Array
from tests.launch.slurm.fake.submission import of_script

GOLDEN = Path(__file__).with_name("golden")
CLUSTERS = Path(__file__).parents[3] / "slurm" / "clusters"
STORE = Path("/scratch/somebody/wide.zarr")
GIB = 2**30
TASKS = tuple(f"{number:016x}" for number in range(8))
ARRAYS = {
    "cpu": [Array(TASKS, 4, 8 * GIB, 5700), Array(TASKS[:1], 1, 240 * GIB, 86400, nodes=4)],
    "gpu": [Array(TASKS, 8, 64 * GIB, 11100, gpus=1), Array(TASKS[:2], 2, 480 * GIB, 86400, gpus=4, nodes=2)],
    "preemptible": [Array(TASKS, 3, GIB, 2760)],
}
LEAST = {"partition": "batch", "memory_per_node": "8 GiB", "walltime": "24:00:00"}
HOSTILE = [
    "two words", "it's",
    'say "no"', "$(touch pwned)", "`touch pwned`", "a; touch pwned", "a && b | c > d", "%A %j 100%",
    "größe-数",
    "#SBATCH --partition=x", "~root", "*?[a]", "-rf", "a\\b", "!!", "{a,b}", "", " ", "$HOME", "line\nbreak",
    "cr\r\nlf",
    "\r", "tab\t", "'\"'\"'", "\x1b[31m", "\x7f", "EOF\nEOF\n", "\n#SBATCH --array=0-9\n", "\\n", "it's\r\\",
]  # fmt: skip


def rendered(name):
    """The scripts of a submission to one of the example clusters, by the name of their golden file."""
    context = Context("wide", STORE, 3, read_profile(str(CLUSTERS / f"{name}.toml")), ("node07",) * (name == "cpu"))
    found = {
        f"{name}.{place}.sbatch": array_script(context, place, array, 2 + place, f"{len(array.tasks)} tasks.")
        for place, array in enumerate(ARRAYS[name])
    }
    return found | {f"{name}.closing.sbatch": closing_script(context)}


ALL = {file: text for name in ARRAYS for file, text in rendered(name).items()}


def test_every_example_has_golden_scripts():
    assert set(ARRAYS) == {path.stem for path in CLUSTERS.glob("*.toml")}
    assert os.environ.get("HPCPINN_RENEW") == "1" or set(ALL) == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("name", ALL)
def test_a_script_is_the_golden_one(name):
    if os.environ.get("HPCPINN_RENEW") == "1":
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(ALL[name], encoding="utf-8")
    assert ALL[name] == (GOLDEN / name).read_text(encoding="utf-8")


def checked(*paths):
    program = shutil.which("shellcheck", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        pytest.skip("shellcheck is not installed (make check installs it)")
    outcome = subprocess.run([program, *paths], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_shellcheck_has_nothing_to_say():
    checked(*sorted(GOLDEN.iterdir()))


def profile(**fields):
    return Profile.model_validate({**LEAST, **fields})


def context(store=STORE, name="wide", **fields):
    return Context(name, store, 1, profile(**fields))


def one(context, **more):
    return array_script(context, 0, Array(TASKS, 2, GIB, 600, **more), 1, "8 tasks.")


def test_shellcheck_accepts_hostile_values(tmp_path):
    values = {f"V{k}": value for k, value in enumerate(HOSTILE)}
    (tmp_path / "a.sbatch").write_text(one(context(Path("/a b/'c\"$(d)`e`;"), environment=values)))
    checked(tmp_path / "a.sbatch")


@given(
    st.dictionaries(
        st.from_regex(r"V[A-Z0-9]{1,3}", fullmatch=True), st.sampled_from(HOSTILE) | st.integers(), min_size=9
    )
)
def test_names_reach_the_worker_verbatim(values):
    lines = scripts._surroundings(profile(environment=values))
    script = "\n".join(["set -euo pipefail", *lines, "exec env -0"])
    assert "\r\n" not in script  # sbatch refuses it
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"PATH": os.environ["PATH"]})
    found = dict(part.split("=", 1) for part in done.stdout.decode().split("\0") if part)
    assert {name: found[name] for name in values} == {name: str(value) for name, value in values.items()}


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_is_exported_as_it_is(value):
    script = f"X={scripts._verbatim(value)}; printf '%s' \"$X\""
    assert subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout == value.encode()


@pytest.mark.parametrize("name", [name for name in HOSTILE if not set(name) & set("\n\r\t\\\x1b\x7f")])
def test_a_store_of_any_name_is_named_to_slurm(name):
    """What sbatch takes apart is the path, with every % doubled, since Slurm expands it."""
    store = Path("/scratch") / f"{name}.zarr"
    text = one(context(store))
    log = f"{store}/ledger/logs".replace("%", "%%")
    assert of_script(text.encode(), "script")["output"] == f"{log}/%A_%a.log"
    assert of_script(closing_script(context(store)).encode(), "script")["output"] == f"{log}/%j.log"


@pytest.mark.parametrize("mark", ["\n", "\r", "\t", "\\", "\x1b", "\x7f", "\udc80"])
def test_a_store_that_slurm_cannot_name_is_refused(mark):
    with pytest.raises(
        ClusterError, match=r"cannot be used with Slurm; allowed: a path in UTF-8 without line breaks.*--st"
    ):
        one(context(Path(f"/scratch/a{mark}b.zarr")))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_job_has_a_plain_name(name):
    found = of_script(one(context(name=name)).encode(), "script")["job-name"]
    assert found.startswith("hpcpinn-")
    assert found.replace("-", "a").replace(".", "a").replace("_", "a").replace("+", "a").isalnum()
    assert found.isascii()
    assert len(found) < 80


STUB = """#!/bin/sh
for word in "$@"; do printf '%s\\0' "$word"; done > "$RECORD"
"""


@pytest.mark.parametrize("python", ["python", "my python", "py'thon", 'py"$(touch pwned)', "py;`touch pwned`"])
@pytest.mark.parametrize("name", ["plain", "a b'c\"d$(touch pwned)`touch pwned`;e%A", "größe"])
def test_a_script_starts_the_worker_with_its_own_words(fake_slurm, tmp_path, monkeypatch, python, name):
    monkeypatch.chdir(tmp_path)
    stub, record, store = tmp_path / "bin" / python, tmp_path / "record", tmp_path / f"{name}.zarr"
    stub.parent.mkdir()
    stub.write_text(STUB)
    stub.chmod(0o755)
    asked = context(store, python=str(stub), environment={"RECORD": str(record)}, setup=["OWN=1", "echo $UNSET"])
    (tmp_path / "array.sbatch").write_text(one(asked))
    (tmp_path / "closing.sbatch").write_text(closing_script(asked))
    for kind in ("array", "closing"):
        subprocess.run(["sbatch", tmp_path / f"{kind}.sbatch"], check=True, capture_output=True)
    done = fake_slurm.execute(1, 0)
    assert (done.returncode, done.stderr) == (0, "")
    words = record.read_text().split("\0")[:-1]
    assert words[:7] == ["-m", "hpcpinn", "work", str(store), "--submission", "1", "--array"]
    assert words[7:9] == ["0", "--ends"]
    assert int(words[9]) == pytest.approx(time.time() + 600, abs=60)
    done = fake_slurm.execute(2)
    assert (done.returncode, done.stderr) == (0, "")
    assert record.read_text().split("\0")[:-1] == ["-m", "hpcpinn", "close", str(store), "--submission", "1"]
    assert not list(tmp_path.rglob("pwned"))


# It is bash that is told, and waits on for a worker that goes on for a while.
WORKER = """#!{python}
import os, signal, sys, time

def told(number, frame):
    print("{said}", flush=True)
    time.sleep(0.3)
    sys.exit({status})

signal.signal(signal.{signal}, told)
os.kill(os.getppid(), signal.{signal})
time.sleep(60)
"""


@pytest.mark.parametrize(("signal", "said", "status"), [("SIGUSR1", "warned", 75), ("SIGTERM", "told", 7)])
def test_a_warning_reaches_the_worker_and_its_status_leaves(tmp_path, fake_slurm, monkeypatch, signal, said, status):
    monkeypatch.chdir(tmp_path)
    stub = tmp_path / "python"
    stub.write_text(WORKER.format(python=sys.executable, signal=signal, said=said, status=status))
    stub.chmod(0o755)
    (tmp_path / "array.sbatch").write_text(one(context(tmp_path / "a.zarr", python=str(stub))))
    subprocess.run(["sbatch", tmp_path / "array.sbatch"], check=True, capture_output=True)
    done = fake_slurm.execute(1, 0)
    assert (done.returncode, done.stdout) == (status, f"{said}\n")


def test_scripts_depend_on_nothing_but_what_they_are_of(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "5")
    monkeypatch.setenv("USER", "somebody else")
    assert {file: text for name in ARRAYS for file, text in rendered(name).items()} == ALL
