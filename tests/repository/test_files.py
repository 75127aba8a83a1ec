"""The files of the repository themselves: no registries, no machine paths, no dead links, one version."""

import os
import re
import subprocess
import tomllib

import numpy as np
import pytest
import yaml
from jaxtyping import TypeCheckError

from hpcpinn.kernel import spectrum
from tests.conftest import ARRAYS

# Written in pieces, or this file would be the first to name them.
REGISTRIES = [
    f"{name}.{domain}"
    for domain, names in {
        "org": ("pypi", "pythonhosted", "anaconda", "npmjs", "debian"),
        "com": ("anaconda", "npmjs", "ubuntu"),
        "io": ("conda", "crates", "docker", "ghcr"),
    }.items()
    for name in names
]
MACHINE_FOLDERS = ["home", "root", "work", "Users", "mnt", "tmp/v", "tmp/scaffold"]
MACHINE_PATH = re.compile(rf"(?<![\w.$}})~*/-])/(?:{'|'.join(MACHINE_FOLDERS)})/")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def tracked(root):
    """Every text file that is, or is about to be, in the repository: path from the root and text."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=False,
    )  # fmt: skip
    if listing.returncode:
        pytest.skip(f"not a git checkout: {listing.stderr.decode().strip()}")
    paths = [root / name for name in listing.stdout.decode().split("\0") if name]
    return {path.relative_to(root): path.read_text(encoding="utf-8") for path in paths if path.is_file()}


def lines_with(tracked, pattern):
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in tracked.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(pattern, line)
    ]


def test_no_file_names_a_registry(tracked):
    assert lines_with(tracked, "|".join(map(re.escape, REGISTRIES))) == []


def test_no_file_names_a_path_of_a_machine(tracked):
    assert lines_with(tracked, MACHINE_PATH) == []


@pytest.mark.parametrize("folder", MACHINE_FOLDERS)
def test_machine_paths_are_recognised_and_relative_ones_are_not(folder):
    assert MACHINE_PATH.search(f"see /{folder}/study.toml")
    assert not MACHINE_PATH.search(f"results/{folder}/x, ../{folder}/x, $TMPDIR/{folder}/x")


def test_every_relative_link_leads_to_a_file(tracked, root):
    links = [
        (path, target.split("#")[0])
        for path, text in tracked.items()
        if path.suffix == ".md"
        for target in LINK.findall(FENCE.sub("", text))
        if not re.match(r"[a-z]+:|#", target)
    ]
    assert links
    assert [f"{path}: {target}" for path, target in links if not (root / path.parent / target).exists()] == []


def test_every_study_file_is_toml(tracked):
    for path, text in tracked.items():
        if path.parts[0] == "jobs" and path.suffix == ".toml":
            tomllib.loads(text)


def test_the_package_is_of_this_version(root, pyproject):
    text = (root / "hpcpinn" / "__init__.py").read_text(encoding="utf-8")
    assert re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE) == [pyproject["project"]["version"]]


def test_the_citation_is_of_this_version(root, pyproject):
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert str(citation["version"]) == pyproject["project"]["version"]
    assert citation["license"] == pyproject["project"]["license"]


def test_shapes_are_checked_wherever_they_are_written(root):
    source = root / "hpcpinn"
    written = {path.relative_to(source) for path in source.rglob("*.py") if "jaxtyping" in path.read_text()}
    assert {path.parts[0].removesuffix(".py") for path in written} == set(ARRAYS)
    with pytest.raises(TypeCheckError, match="spectral_norm"):
        spectrum.spectral_norm(np.ones((2, 3)))


def test_continuous_integration_can_be_started(root):
    assert os.access(root / ".ci" / "run", os.X_OK)
