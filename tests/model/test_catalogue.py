import sys
from pathlib import Path

import pytest

from hpcpinn import errors
from hpcpinn.model import catalogue
from hpcpinn.model.problem import Problem
from hpcpinn.model.problems.poisson1d import Poisson1D

MINE = '''
import dataclasses
import jax.numpy as jnp
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior


@dataclasses.dataclass
class Constants:
    gravity: float = 9.81


class Pendulum(Problem):
    """Pendulum equation u_tt + (g/l) sin u = 0."""
    coordinates = {"t": (0.0, 1.0)}
    length: float
    damping: float = 0.0
    modes: int = 1
    linear: bool = False
    label: str = ""

    @interior
    def residual(self, p, f):
        return f.u_tt + Constants().gravity / self.length * (f.u if self.linear else jnp.sin(f.u))


class NotAProblem:
    pass


answer = 42
'''
NAMES = [
    "poisson1d",
    "wave1d",
    "helmholtz2d",
    "heat1d",
    "advection1d",
    "klein_gordon1d",
    "burgers1d",
    "allen_cahn1d",
    "linear_toy1d",
    "nonlinear_toy1d",
    "navier_stokes2d",
    "lid_driven_cavity2d",
    "lid_driven_cavity2d_stream",
]
REFERENCES = ["allen_cahn1d", "lid_driven_cavity2d", "lid_driven_cavity2d_stream"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    return tmp_path


def refused(message):
    return pytest.raises(errors.ProblemError, match=message)


def test_the_built_in_problems_are_those_of_the_issue():
    assert list(catalogue.PROBLEMS) == NAMES


def test_the_listing_tells_equation_parameters_and_solution():
    listing = catalogue.listing()
    assert [entry.name for entry in listing] == NAMES
    assert all(entry.equation for entry in listing)
    assert [entry.name for entry in listing if not entry.has_exact] == REFERENCES
    assert [entry.name for entry in listing if entry.has_reference] == REFERENCES
    (poisson, *_) = listing
    assert poisson.parameters == {"frequency": 1.0, "hard_boundary": False}


def test_a_built_in_problem_has_its_defaults_and_takes_parameters():
    assert catalogue.problem("poisson1d") == Poisson1D()
    assert catalogue.problem("poisson1d", frequency=4, hard_boundary=True) == Poisson1D(
        frequency=4.0, hard_boundary=True
    )
    assert type(catalogue.problem("poisson1d", frequency=4).frequency) is float


def test_a_file_of_the_user_works_the_same(folder):
    found = catalogue.problem("mine.py:Pendulum", folder, length=2)
    assert isinstance(found, Problem)
    assert (found.length, found.damping, found.modes) == (2.0, 0.0, 1)
    assert list(found.terms) == ["residual"]
    assert not (folder / "__pycache__").exists()


def test_the_same_file_gives_the_same_class_and_a_changed_one_another(folder):
    first = catalogue.problem_class("mine.py:Pendulum", folder)
    assert catalogue.problem_class(str(folder / "mine.py") + ":Pendulum") is first
    assert catalogue.problem_class("../" + folder.name + "/mine.py:Pendulum", folder) is first
    (folder / "mine.py").write_text(MINE.replace("9.81", "1.62"), encoding="utf-8")
    assert catalogue.problem_class("mine.py:Pendulum", folder) is not first


def test_a_class_of_an_importable_module_works_the_same():
    assert catalogue.problem_class("hpcpinn.model.problems.poisson1d:Poisson1D") is Poisson1D


def test_an_unknown_name_is_refused_with_the_nearest():
    with refused(r"`poison1d` does not exist; allowed: .*Did you mean `poisson1d`\?.*path/to/file.py:ClassName"):
        catalogue.problem("poison1d")


def test_a_missing_file_is_refused_with_the_path_looked_at(folder):
    with refused(rf"{folder.resolve() / 'other.py'} cannot be read: No such file.*relative to the folder of the study"):
        catalogue.problem("other.py:Pendulum", folder)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import math\n\nx = 1 / 0\n", r"does not import: line 3: ZeroDivisionError: division by zero"),
        ("def f():\n    raise ValueError('no')\n\nf()\n", r"line 2: ValueError: no"),
        ("x = 1\ny = (\n", r"line 2: SyntaxError: '\(' was never closed"),
        ("import nothing_of_this_name\n", r"line 1: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("class Broken:\n    def f(:\n", r"line 2: SyntaxError"),
    ],
)
def test_a_file_that_does_not_import_is_refused_with_the_line(tmp_path, source, message):
    (tmp_path / "broken.py").write_text(source, encoding="utf-8")
    before = set(sys.modules)
    with refused(message):
        catalogue.problem("broken.py:Broken", tmp_path)
    assert not [name for name in set(sys.modules) - before if name.startswith("hpcpinn_problem")]


def test_an_impossible_declaration_in_a_file_speaks_for_itself(tmp_path):
    (tmp_path / "bad.py").write_text("from hpcpinn.model.problem import Problem\nclass Bad(Problem): pass\n")
    with refused(r"problem `Bad` has no coordinates"):
        catalogue.problem("bad.py:Bad", tmp_path)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("mine.py:Pendulums", r"`Pendulums` of .*mine.py does not exist; allowed: Pendulum. Did you mean `Pendulum`"),
        ("mine.py:NotAProblem", r"`NotAProblem` of .* is not a problem, a class derived from hpcpinn.Problem"),
        ("mine.py:Problem", r"`Problem` of .* is not a problem"),
        ("mine.py:answer", r"`answer` of .* is not a problem"),
        ("math:Pi", r"`Pi` of module math does not exist; allowed: a problem class, and it has none"),
        ("no_such_module.x:Pi", r"`no_such_module.x` does not import: ModuleNotFoundError.*path/to/file.py:Pi"),
        ("mine.py", r"problem `mine.py` does not exist"),
        ("mine.py:", r"problem `mine.py:` does not exist"),
        (":Pendulum", r"problem `:Pendulum` does not exist"),
    ],
)
def test_a_reference_without_a_problem_is_refused(folder, reference, message):
    with refused(message):
        catalogue.problem(reference, folder)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"length": 1, "lenght": 2}, r"`Pendulum` has no parameter `lenght`; allowed: .*Did you mean `length`"),
        ({}, r"`Pendulum` needs a value of its parameter `length`, which has no default. Write `length = ...`"),
        ({"length": "two"}, r"parameter `length` of problem `Pendulum` is 'two'; allowed: a finite number"),
        ({"length": True}, r"`length` .* is True; allowed: a finite number"),
        ({"length": float("nan")}, r"`length` .* is nan; allowed: a finite number"),
        ({"length": 1, "modes": 2.0}, r"`modes` .* is 2.0; allowed: a whole number"),
        ({"length": 1, "modes": False}, r"`modes` .* is False; allowed: a whole number"),
        ({"length": 1, "linear": 1}, r"`linear` .* is 1; allowed: true or false"),
        ({"length": 1, "label": 3}, r"`label` .* is 3; allowed: a text"),
    ],
)
def test_impossible_parameters_are_refused(folder, parameters, message):
    with refused(message):
        catalogue.problem("mine.py:Pendulum", folder, **parameters)


def test_a_problem_without_parameters_says_so(tmp_path):
    source = MINE.replace("    length: float\n", "    length = 1.0\n")
    source = "\n".join(line for line in source.splitlines() if ": float = 0" not in line and ": int" not in line)
    source = source.replace("    linear: bool = False\n", "    linear = False\n").replace('    label: str = ""\n', "")
    (tmp_path / "plain.py").write_text(source, encoding="utf-8")
    with refused(r"`Pendulum` has no parameter `length`; it has no parameters"):
        catalogue.problem("plain.py:Pendulum", tmp_path, length=1)


def test_annotations_may_be_strings_and_a_class_may_refuse_its_parameters(tmp_path):
    source = (
        "from __future__ import annotations\n"
        + MINE
        + (
            "\n\nclass Long(Pendulum):\n"
            "    def __post_init__(self):\n"
            "        if self.length < 1:\n"
            "            raise ValueError('too short')\n"
        )
    )
    (tmp_path / "strings.py").write_text(source, encoding="utf-8")
    assert type(catalogue.problem("strings.py:Long", tmp_path, length=2).length) is float
    with refused(r"refuses the parameters \{'length': 0.5\}: ValueError: too short"):
        catalogue.problem("strings.py:Long", tmp_path, length=0.5)
    with refused(r"`length` of problem `Long` is '2'"):
        catalogue.problem("strings.py:Long", tmp_path, length="2")


def test_a_file_is_found_from_the_working_directory_when_no_folder_is_given(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert catalogue.problem("mine.py:Pendulum", length=1) == catalogue.problem(
        "mine.py:Pendulum", Path(folder), length=1
    )
