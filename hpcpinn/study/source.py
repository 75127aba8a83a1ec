"""Where the problem of a study is defined, found without importing it: importing may start jax."""

import hashlib
import importlib.util
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Literal

from hpcpinn.errors import ProblemError, StudyError
from hpcpinn.study import toml
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class ProblemSource:
    """A problem before it is loaded.

    `location` is the name of a built-in, the absolute path of a file, or the dotted name of a module; `class_name` is
    empty and `sha256` None for a built-in.
    """

    kind: Literal["builtin", "file", "module"]
    location: str
    class_name: str = ""
    sha256: str | None = None

    @property
    def content(self) -> dict[str, str | None]:
        """What of it counts for the identity of a study: never where a file lies."""
        location = None if self.kind == "file" else self.location
        return {"kind": self.kind, "location": location, "class": self.class_name, "sha256": self.sha256}


def problem_source(study: Study) -> ProblemSource:
    """Locate the problem of a study, and hash its source as it is now."""
    return locate(study.problem, study.folder)


def locate(problem: str, folder: Path) -> ProblemSource:
    """Find where a problem is defined; a relative file is looked for from `folder`.

    Raises:
        StudyError: `problem` is neither a name, nor `file.py:ClassName`, nor `package.module:ClassName`.
        ProblemError: there is no such file or module.
    """
    location, _, class_name = problem.rpartition(":")
    if problem.isidentifier():
        return ProblemSource("builtin", problem)
    if not (location and class_name.isidentifier() and problem.isprintable()):
        raise _malformed(problem)
    if location.endswith(".py"):
        path = (folder / location).absolute()
        return ProblemSource("file", str(path), class_name, _hash(path, problem))
    if not all(part.isidentifier() for part in location.split(".")):
        raise _malformed(problem)
    return ProblemSource("module", location, class_name, _hash(_module_file(location, problem), problem))


def _malformed(problem: str) -> StudyError:
    step = 'Write for example `problem = "my_problem.py:MyProblem"`.'
    if problem.endswith(".py"):
        step = f"Write the class as well: `{toml.line('problem', problem + ':ClassName')}`."
    return StudyError(
        f"`problem` cannot be {toml.spelled(problem)}; allowed: the name of a built-in problem (`hpcpinn problems` "
        f"lists them), `path/to/file.py:ClassName` or `package.module:ClassName`. {step}"
    )


def _hash(path: Path, problem: str) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ProblemError(
            f"problem {toml.spelled(problem)}: {path} cannot be read ({error.strerror}); allowed: a Python file, its "
            f"path relative to the study file. Correct the path in the study, or move the file there."
        ) from error


def _module_file(module: str, problem: str) -> Path:
    """The source of a module, found part by part: `find_spec` on a dotted name would import the parents."""
    first, *rest = module.split(".")
    spec = _top(first)
    for depth, _ in enumerate(rest, start=2):
        inside = spec.submodule_search_locations if spec else None
        spec = PathFinder.find_spec(".".join([first, *rest][:depth]), list(inside)) if inside else None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise ProblemError(
            f"problem {toml.spelled(problem)}: there is no Python source of a module `{module}` in this environment; "
            f"allowed: a module that can be imported. Install its package, or name the file: "
            f'`problem = "path/to/file.py:ClassName"`.'
        )
    return Path(spec.origin)


def _top(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ValueError:  # a module made by hand, such as `__main__`, has no spec
        return None
