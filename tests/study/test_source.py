import hashlib
import sys
import types

import pytest

from hpcpinn.errors import ProblemError, StudyError
from hpcpinn.study import source
from hpcpinn.study.reading import parse_study

CODE = b"raise RuntimeError('a problem is located, never imported')\n"
SHA = hashlib.sha256(CODE).hexdigest()
FORMS = (
    "allowed: the name of a built-in problem (`hpcpinn problems` lists them), `path/to/file.py:ClassName` or "
    "`package.module:ClassName`."
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "package").mkdir()
    for path in ("mine.py", "package/__init__.py", "package/mine.py"):
        (tmp_path / path).write_bytes(CODE)
    return tmp_path


def test_a_name_is_a_built_in(tmp_path):
    assert source.locate("poisson1d", tmp_path) == source.ProblemSource("builtin", "poisson1d", "", None)


@pytest.mark.parametrize("written", ["mine.py", "./mine.py", "package/../mine.py"])
def test_a_file_is_found_from_the_folder_of_the_study(folder, written):
    found = source.locate(f"{written}:Mine", folder)
    assert found == source.ProblemSource("file", str(folder / written), "Mine", SHA)


def test_a_file_may_be_anywhere(folder, tmp_path_factory):
    found = source.locate(f"{folder / 'mine.py'}:Mine", tmp_path_factory.mktemp("elsewhere"))
    assert found.location == str(folder / "mine.py")


def test_the_location_is_absolute_even_for_a_relative_folder(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    found = source.locate("mine.py:Mine", folder.relative_to(folder.parent))
    assert found.location == str(folder / "mine.py")


def test_a_module_is_located_without_importing_its_parents(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    assert source.locate("package.mine:Mine", folder) == source.ProblemSource("module", "package.mine", "Mine", SHA)
    assert source.locate("package:Mine", folder).sha256 == SHA
    assert "package" not in sys.modules


def test_the_source_of_a_study_is_that_of_its_problem(folder, text):
    study = parse_study(text(problem="mine.py:Mine"), folder)
    assert source.problem_source(study) == source.locate("mine.py:Mine", folder)


@pytest.mark.parametrize(
    "problem", ["", "my problem", "mine.py:", ":Mine", "a-b:Mine", "a:B:C", "a..b:C", "mine.py:M\0"]
)
def test_other_forms_are_refused(tmp_path, problem):
    with pytest.raises(StudyError) as caught:
        source.locate(problem, tmp_path)
    assert str(caught.value).startswith("`problem` cannot be ")
    assert str(caught.value).endswith(f'{FORMS} Write for example `problem = "my_problem.py:MyProblem"`.')


def test_a_file_without_its_class_is_refused(text, refusal):
    assert refusal(text(problem="mine.py")) == (
        f'`problem` cannot be "mine.py"; {FORMS} Write the class as well: `problem = "mine.py:ClassName"`.'
    )


def test_a_missing_file_is_named_where_it_was_looked_for(tmp_path, text, refusal):
    assert refusal(text(problem="no.py:Mine"), tmp_path) == (
        f'problem "no.py:Mine": {tmp_path / "no.py"} cannot be read (No such file or directory); allowed: a Python '
        "file, its path relative to the study file. Correct the path in the study, or move the file there."
    )


@pytest.mark.parametrize(
    "module", ["no_such_package", "no_such_package.mine", "hpcpinn.nothing", "sys", "os.path.x", "made_by_hand"]
)
def test_a_missing_module_is_refused(tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, "made_by_hand", types.ModuleType("made_by_hand"))
    with pytest.raises(ProblemError) as caught:
        source.locate(f"{module}:Mine", tmp_path)
    assert str(caught.value) == (
        f'problem "{module}:Mine": there is no Python source of a module `{module}` in this environment; allowed: a '
        "module that can be imported. Install its package, or name the file: "
        '`problem = "path/to/file.py:ClassName"`.'
    )
