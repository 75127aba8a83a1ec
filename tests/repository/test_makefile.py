"""`make study` and `make test` on a machine that has never seen hpcpinn."""

import os
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def make(root, tmp_path):
    """Run make in the repository with an environment folder of its own."""

    def run(*arguments):
        # The variables of the make that started the tests are not those of this one.
        environment = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("MAKE", "MFLAGS")) and k not in ("VENV", "PYTHON", "ARGS")
        }
        command = ["make", "--no-print-directory", *arguments, f"VENV={tmp_path / 'venv'}"]
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def old_python(tmp_path):
    """An interpreter that is too old: it says its version and fails at everything else."""
    path = tmp_path / "python-old"
    path.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def test_an_interpreter_that_is_too_old_is_named_with_the_next_step(make, old_python, tmp_path):
    outcome = make("study", f"PYTHON={old_python}")
    assert outcome.returncode != 0
    for words in ("needs Python 3.11, 3.12 or 3.13", f"{old_python}: Python 3.9.1", "make study PYTHON="):
        assert words in outcome.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("goal", "last"),
    [
        ("study", "hpcpinn run jobs/quickstart.toml"),
        ("test", '-m "not long"'),
        ("test-long", "-m long"),
        ("analysis", "python -m pytest --nbmake"),
        ("test-slurm", "slurm.sh run 4 --"),
    ],
)
def test_each_command_installs_and_then_runs(make, goal, last):
    steps = make("--dry-run", goal).stdout.splitlines()
    assert any("pip install" in step and "--constraint constraints.txt" in step for step in steps)
    assert last in steps[-1]


def test_named_tests_are_run_however_long_they_take(make):
    assert make("--dry-run", "test", "ARGS=tests/paper").stdout.rstrip().endswith("--dist worksteal tests/paper")


def test_what_is_installed_is_not_installed_again(make, tmp_path):
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / ".installed-test").touch()
    assert "pip" not in make("--dry-run", "study").stdout


def test_help_names_every_command(make):
    words = make().stdout
    assert all(
        f"make {goal}" in words for goal in ("study", "test", "test-long", "test-slurm", "analysis", "check", "clean")
    )


def test_without_slurm_its_tests_say_what_to_install(make, tmp_path, monkeypatch):
    needed = tmp_path / "bin"
    needed.mkdir()
    for program in ("make", "bash", "env"):
        (needed / program).symlink_to(shutil.which(program))
    monkeypatch.setenv("PATH", str(needed))
    outcome = make("test-slurm")
    assert outcome.returncode != 0
    assert "apt-get install slurmctld slurmd slurm-client" in outcome.stderr
    assert not (tmp_path / "venv").exists()
