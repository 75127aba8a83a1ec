"""Reading a study: from the text of a file to a study of valid cells, or to one error that says why there is none."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hpcpinn.errors import HpcpinnError, StudyError, nearest
from hpcpinn.study import axes, document, expansion, identity, keys, methods, refusal, source, sweep
from hpcpinn.study.configuration import Configuration, Scalar
from hpcpinn.study.document import Document
from hpcpinn.study.study import Study, placed


def read_study(path: Path | str) -> Study:
    """Read a study file.

    Raises:
        StudyError: the file cannot be read, or is not a study; the message begins with its path.
        ProblemError: the file or module of its problem does not exist.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path}: byte {error.start} is not UTF-8 text; allowed: TOML in UTF-8. Save the file as UTF-8."
        ) from error
    return parse_study(text, path.parent, str(path))


def parse_study(text: str, folder: Path, origin: str = "study") -> Study:
    """Read the text of a study; a problem's file is found from `folder`, and messages begin with `origin`.

    Raises:
        StudyError: the text is not a study.
        ProblemError: the file or module of its problem does not exist.
    """
    try:
        return _study(*_expanded(text), folder)
    except HpcpinnError as error:
        raise type(error)(f"{origin}: {error}") from error.__cause__


def _expanded(text: str) -> tuple[Document, str, str]:
    """A study as written, with the keys of its preset in its text, and the name of the preset."""
    asked = document.parse(text)
    whole = expansion.expanded(text, asked)
    return document.parse(whole), whole, asked.preset


def _study(written: Document, text: str, preset: str, folder: Path) -> Study:
    swept = sweep.values(written)
    _check_recordable(written, swept)
    first = _configuration(written.sections, {key: values[0] for key, values in swept.items()})
    base = first.model_dump()
    methods.check_read(written.sections, swept, base)
    _check_terms(first)
    arranged = axes.arranged(
        {
            "network.width": (first.network.width,),
            "network.depth": (first.network.depth,),
            **{key: _validated(base, key, values) for key, values in swept.items()},
            keys.SEED: sweep.seeds(written),
        }
    )
    problem = source.locate(first.problem, folder)
    asked = first.model_dump(exclude_defaults=True)
    hashed = identity.of_study(asked, [(axis.key, axis.values) for axis in arranged], problem.content)
    study = Study(written.name, text, folder, arranged, hashed, base, preset)
    _check_cells(study)
    return study


def _configuration(tables: dict[str, Any], values: dict[str, Any]) -> Configuration:
    filled = placed(tables, values)
    try:
        return Configuration.model_validate(filled)
    except ValidationError as error:
        raise refusal.of(error, filled, values) from error


def _validated(base: dict[str, Any], key: str, values: list[Any]) -> tuple[Scalar, ...]:
    """The values of an axis as their field holds them: 1 as 1.0 where it is a number."""
    section, _, name = key.partition(".")
    return tuple(
        _configuration(base, {key: value}).model_dump(include={section: {name}})[section][name] for value in values
    )


def _check_cells(study: Study) -> None:
    """Validate each cell whole: values may be right one by one and not go together."""
    for cell in study.cells():
        _configuration(study.base, study.values(cell))


def _check_terms(first: Configuration) -> None:
    if not first.points.counts:
        raise StudyError(
            "[points] names no term; allowed: at least one term of the problem with its number of rows. "
            "Write for example `residual = 64` under [points]."
        )


def _check_recordable(written: Document, swept: dict[str, list[Any]]) -> None:
    """Without a list of its own each cell would record its last step, and `step` would differ from cell to cell."""
    if "training.steps" in swept and "record" not in written.sections["training"]:
        raise StudyError(
            "`training.record` is missing while `training.steps` is swept; allowed: one list of steps that all cells "
            "reach. Write for example `record = [0, 5]` under [training]."
        )


def _unreadable(path: Path, error: OSError) -> StudyError:
    try:
        near = sorted(str(other) for other in path.parent.glob("*.toml") if other.name != "pyproject.toml")
    except OSError:
        near = []
    hint = f" TOML files there: {nearest(str(path), near).removeprefix('allowed: ')}" if near else ""
    return StudyError(
        f"{path} cannot be read ({error.strerror}); allowed: a study file in TOML.{hint} Check the path, or begin with "
        f"`hpcpinn plan jobs/quickstart.toml`."
    )
