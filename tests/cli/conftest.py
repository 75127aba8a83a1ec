"""The `hpcpinn` command called within this process: starting a Python with JAX would take longer than what it does."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hpcpinn.cli import main
from hpcpinn.launch.running import run_study
from tests.launch.slurm.conftest import fake_slurm  # noqa: F401

STUDY = """
name = "small"
problem = "poisson1d"
[sweep]
width = [2, 4, 8]
depth = [1]
seed = 3
[network]
activation = "tanh"
[points]
residual = 4
boundary = 2
"""


class Answer(NamedTuple):
    """What a command left with, and what it printed."""

    status: int
    output: str
    errors: str


def listing(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden files included, with what is in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def hpcpinn(here, monkeypatch, capsys) -> Iterator[Callable[..., Answer]]:
    """Run a command in an empty folder."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["hpcpinn", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main()
        return Answer(leaving.value.code or 0, *capsys.readouterr())

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def write(here) -> Callable[..., Path]:
    """Write a study, and the files beside it."""

    def written(text: str = STUDY, **files: str) -> Path:
        for name, content in files.items():
            (here / f"{name}.py").write_text(content)
        (here / "study.toml").write_text(text)
        return here / "study.toml"

    return written


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A folder with `study.toml` and `small.zarr`, in which it has been run."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "study.toml").write_text(STUDY)
    run_study(folder / "study.toml", folder / "small.zarr")
    return folder


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """What a process of its own needs to find the package, without what the tests set for JAX."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    return own | {"PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200"}
