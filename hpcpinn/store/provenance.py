"""Where the numbers come from: the study, the versions, the commit. The one home of `subprocess`."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from hpcpinn.study.study import Study

PACKAGES = ("hpcpinn", "jax", "jaxlib", "numpy", "scipy", "zarr")
_CODE = Path(__file__).resolve()


def provenance(study: Study, **facts: Any) -> dict[str, Any]:
    """Attributes of a store.

    Args:
        study: the study that the store answers.
        facts: what else is known, such as the problem's equation or the precision; values as JSON knows them.
    """
    return {
        "study_name": study.name,
        "study": study.text,
        "identity": study.identity,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
        **{f"{package}_version": version(package) for package in PACKAGES},
        "git_commit": commit(_CODE),
        **facts,
    }


def version(package: str) -> str:
    """The installed version of a package, without importing it; "" if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def commit(file: Path) -> str:
    """The git commit that a source file was taken from, with "-dirty" after it if anything was changed since.

    It is "" when the file is not tracked, as in an installed package, which may well lie in a folder of some other
    repository.
    """
    if not _git(file.parent, "ls-files", "--error-unmatch", file.name):
        return ""
    return _git(file.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str:
    # Within a git hook GIT_DIR and the like point to another repository than the one around `folder`.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
