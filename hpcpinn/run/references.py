"""Reference solutions of problems without an exact one, computed once and kept in the user's cache folder.

`$XDG_CACHE_HOME/hpcpinn/references`, or `~/.cache/...`, has one file for each: the problem's name and a hash of what
decides the solution, which are class, parameters, the sources of problem and solvers, and the versions of the packages.
A file is written aside, flushed and renamed, and trusted only if it is whole; without a folder that can be written the
solution is computed in every process. What else a user's `reference` reads is not looked at: make it a parameter.
"""

import functools
import hashlib
import inspect
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from hpcpinn import errors, reference
from hpcpinn.model import comparison
from hpcpinn.model.problem import Problem
from hpcpinn.reference.solution import Solution
from hpcpinn.store import checkpoints, disk
from hpcpinn.store.checkpoints import Saved
from hpcpinn.study import identity


@functools.lru_cache(maxsize=8)
def solution_of(problem: Problem) -> Solution | None:
    """The reference solution, from the cache folder if it is there; None for a problem that has an exact one or none.

    Raises:
        ProblemError: it cannot be computed, or does not fit the problem.
    """
    if problem.exact is not None or problem.reference is None:
        return None
    key = _key(problem)
    found = _kept(problem, key)
    if found is None:
        found = _computed(problem)
        _keep(problem, key, found)
    return found


def path_of(problem: Problem) -> Path:
    """Where the reference solution of a problem is kept."""
    return _path(problem, _key(problem))


def _path(problem: Problem, key: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache / "hpcpinn" / "references" / f"{type(problem).__name__}-{key[:24]}"


def _key(problem: Problem) -> str:
    parameters = {name: repr(getattr(problem, name)) for name in problem.parameter_names()}
    own = f"{type(problem).__module__}:{type(problem).__qualname__}"
    hashes = [hashlib.sha256(source.read_bytes()).hexdigest() for source in _sources(problem)]
    return identity.digest({"problem": own, "parameters": parameters, "sources": hashes})


def _sources(problem: Problem) -> list[Path]:
    """The files of the problem, of the problems that it is derived from, and of the solvers."""
    classes = [base for base in type(problem).__mro__ if issubclass(base, Problem)]
    return [*(Path(inspect.getfile(each)) for each in classes), *sorted(Path(reference.__path__[0]).glob("*.py"))]


def _computed(problem: Problem) -> Solution:
    assert problem.reference is not None
    try:
        with threadpool_limits(1):  # the last bits of LAPACK depend on the number of its threads
            found = problem.reference()
    except errors.HpcpinnError:
        raise
    except Exception as error:  # whatever a user's method may raise
        raise _refused(problem, f"cannot be computed ({type(error).__name__}: {error})") from error
    _check(problem, found)
    return found


def _check(problem: Problem, found: object) -> None:
    if not isinstance(found, Solution):
        raise _refused(problem, f"returns a {type(found).__name__}")
    if tuple(found.axes) != tuple(problem.coordinates):
        raise _refused(problem, f"has the axes {', '.join(found.axes)}")
    missing = [name for name in comparison.names(problem) if name not in found.fields]
    if missing:
        raise _refused(problem, f"has no field `{missing[0]}`")


def _refused(problem: Problem, what: str) -> errors.ProblemError:
    axes, fields = ", ".join(problem.coordinates), ", ".join(comparison.names(problem))
    return errors.ProblemError(
        f"`reference` of problem `{problem}` {what}; allowed: a hpcpinn.Solution with the axes {axes} and the fields "
        f"{fields}. Correct it, or write `points.compared = 0` to do without the error."
    )


def _kept(problem: Problem, key: str) -> Solution | None:
    with suppress(OSError, RuntimeError), _path(problem, key).open("rb") as file:  # RuntimeError: there is no home
        saved = checkpoints.read(file, key)
        return None if saved is None else _unpacked(saved)
    return None


def _keep(problem: Problem, key: str, found: Solution) -> None:
    with suppress(OSError, RuntimeError):
        path = _path(problem, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.refill(path, uuid.uuid4().hex, lambda file: checkpoints.write(file, key, _packed(found)))


def _packed(found: Solution) -> Saved:
    arrays = _under("axis", found.axes) | _under("field", found.fields)
    return Saved({"degree": found.degree}, arrays)


def _unpacked(saved: Saved) -> Solution:
    return Solution(_of("axis", saved.arrays), _of("field", saved.arrays), saved.facts["degree"])


def _under(kind: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}/{name}": np.asarray(values, float) for name, values in arrays.items()}


def _of(kind: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{kind}/"): values for name, values in arrays.items() if name.startswith(f"{kind}/")}
