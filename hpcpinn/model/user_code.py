"""Problem classes from a user's own file or package."""

import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from hpcpinn import errors
from hpcpinn.model.problem import Problem


def from_file(path: Path, name: str) -> type[Problem]:
    """The problem class `name` of a Python file; the same class for the same file as long as its content is the same.

    Raises:
        ProblemError: no such file, a file that does not import, or one that has no such problem.
    """
    return _pick(_file_module(path), name, str(path))


def from_module(module: str, name: str) -> type[Problem]:
    """The problem class `name` of an importable module; raises ProblemError when there is none."""
    try:
        found = importlib.import_module(module)
    except errors.HpcpinnError:
        raise
    except Exception as error:
        raise errors.ProblemError(
            f"the module `{module}` does not import: {_told(error)}. Allowed: a module that "
            f"`python -c 'import {module}'` finds, or a file: `path/to/file.py:{name}`."
        ) from error
    return _pick(found, name, f"module {module}")


def _file_module(path: Path) -> ModuleType:
    absolute = path.resolve()
    try:
        source = absolute.read_bytes()
    except OSError as error:
        raise errors.ProblemError(
            f"the problem file {absolute} cannot be read: {error.strerror}. Allowed: a Python file, its path relative "
            "to the folder of the study. Correct `problem`, or put the file there."
        ) from error
    digest = hashlib.sha256(str(absolute).encode() + b"\0" + source).hexdigest()
    name = f"hpcpinn_problem_{digest[:32]}"
    return sys.modules.get(name) or _execute(name, absolute, source)


def _execute(name: str, path: Path, source: bytes) -> ModuleType:
    # The bytes that were hashed are compiled here: the import system may take a stale __pycache__, and writes one.
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None, path
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # before it runs: dataclasses look their own module up
    try:
        exec(_compile(source, path), module.__dict__)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, errors.HpcpinnError) or not isinstance(error, Exception):
            raise
        raise errors.ProblemError(
            f"the problem file {path} does not import: line {_line(error, path)}: {_told(error)}. "
            f"Run `python {path}` to see it alone."
        ) from error
    return module


def _compile(source: bytes, path: Path) -> CodeType:
    return compile(source, str(path), "exec", dont_inherit=True)


def _line(error: Exception, path: Path) -> int | str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or "?"
    own = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return own[-1] if own and own[-1] else "?"


def _told(error: Exception) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _pick(module: ModuleType, name: str, where: str) -> type[Problem]:
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, Problem) and found is not Problem:
        return found
    what = "does not exist" if found is None else "is not a problem, a class derived from hpcpinn.Problem"
    classes = _problems(vars(module))
    advice = errors.nearest(name, classes) if classes else "allowed: a problem class, and it has none."
    raise errors.ProblemError(
        f"`{name}` of {where} {what}; {advice} Write `class {name}(hpcpinn.Problem): ...` there, or correct the name."
    )


def _problems(namespace: Mapping[str, Any]) -> list[str]:
    classes = {name: value for name, value in namespace.items() if isinstance(value, type)}
    return [name for name, value in classes.items() if issubclass(value, Problem) and value is not Problem]
