import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from hpcpinn.store.provenance import commit, provenance, version


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one commit of `code.py`, and a file in it that nobody tracks."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    (tmp_path / "code.py").write_text("1\n")
    git("init", "-q")
    git("add", "code.py")
    git("commit", "-q", "--no-verify", "-m", "first")
    (tmp_path / "installed.py").write_text("")
    return tmp_path, git("rev-parse", "HEAD")


def test_the_commit_is_that_of_the_file(repository):
    folder, head = repository
    assert commit(folder / "code.py") == head


def test_a_change_since_is_said(repository):
    folder, head = repository
    (folder / "code.py").write_text("2\n")
    assert commit(folder / "code.py") == f"{head}-dirty"


def test_a_file_that_only_lies_in_a_repository_has_no_commit(repository):
    assert commit(repository[0] / "installed.py") == ""


def test_a_hook_of_another_repository_does_not_mislead(repository, monkeypatch):
    folder, head = repository
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert commit(folder / "code.py") == head


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert commit(repository[0] / "code.py") == ""


def test_outside_of_a_repository_there_is_no_commit():
    assert commit(Path(os.__file__)) == ""


def test_versions_are_those_installed():
    assert version("zarr").startswith("3.")
    assert version("no-such-package") == ""


def test_it_says_what_was_asked_and_when(small):
    study, _ = small.planned()
    facts = provenance(study, equation="u_xx = f")
    assert (facts["study"], facts["study_name"], facts["identity"]) == (small.TEXT, "small", study.identity)
    assert facts["equation"] == "u_xx = f"
    assert datetime.fromisoformat(facts["created"]).tzinfo
    assert json.loads(json.dumps(facts)) == facts
