"""Reference solutions are computed once, and a cache that fails costs time and nothing else."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import hpcpinn
from hpcpinn import errors
from hpcpinn.model import catalogue
from hpcpinn.run import references, setup
from hpcpinn.run.rehearsal import rehearse
from hpcpinn.run.session import plan_of

MINE = """
import numpy as np
import hpcpinn

class Mine(hpcpinn.Problem):
    coordinates = {"t": (0.0, 2.0), "x": (-1.0, 3.0)}
    speed: float = 1.0
    calls = []

    @hpcpinn.interior
    def residual(self, p, f):
        return f.u_t + self.speed * f.u_x

    def reference(self):
        self.calls.append(self.speed)
        t, x = np.linspace(0, 2, 9), np.linspace(-1, 3, 12)
        return hpcpinn.Solution({"t": t, "x": x}, {"u": np.sin(x - self.speed * t[:, None])}, degree=3)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of this test's own, and a process that has computed nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    references.solution_of.cache_clear()
    yield tmp_path / "cache" / "hpcpinn" / "references"
    references.solution_of.cache_clear()


@pytest.fixture
def mine(tmp_path):
    def made(source=MINE, **parameters):
        (tmp_path / "mine.py").write_text(source)
        return catalogue.problem("mine.py:Mine", tmp_path, **parameters)

    return made


def as_another_process(problem):
    references.solution_of.cache_clear()
    return references.solution_of(problem)


def same(one, other):
    assert (list(one.axes), list(one.fields), one.degree) == (list(other.axes), list(other.fields), other.degree)
    for name, values in {**one.axes, **one.fields}.items():
        np.testing.assert_array_equal(values, {**other.axes, **other.fields}[name])


def test_the_second_call_computes_nothing(cache, mine):
    problem = mine()
    first = references.solution_of(problem)
    assert references.solution_of(problem) is first
    same(first, as_another_process(problem))
    assert problem.calls == [1.0]
    assert [path.name for path in cache.iterdir()] == [references.path_of(problem).name]


def test_other_parameters_and_another_source_have_another_file(cache, mine):
    one, other = mine(), mine(speed=2.0)
    changed = mine(MINE.replace("degree=3", "degree=5"))
    assert {as_another_process(problem).degree for problem in (one, other)} == {3}
    assert as_another_process(changed).degree == 5
    assert len({references.path_of(problem) for problem in (one, other, changed)}) == len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("damage", ["torn", "flipped", "empty", "of another problem"])
def test_a_damaged_file_is_computed_again(damage, cache, mine):
    problem = mine()
    whole = references.solution_of(problem)
    path = references.path_of(problem)
    content = path.read_bytes()
    references.solution_of(mine(speed=3.0))
    other = references.path_of(mine(speed=3.0)).read_bytes()
    flipped = bytes([*content[:700], content[700] ^ 1, *content[701:]])
    path.write_bytes({"torn": content[:-9], "flipped": flipped, "empty": b"", "of another problem": other}[damage])
    same(whole, as_another_process(problem))
    assert problem.calls == [1.0, 3.0, 1.0]
    assert path.read_bytes() == content


@pytest.mark.parametrize("obstacle", ["a file instead of the folder", "no home"])
def test_without_a_folder_it_is_computed_and_nothing_fails(obstacle, cache, mine, tmp_path, monkeypatch):
    if obstacle == "no home":
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", "")
        monkeypatch.setattr(references.Path, "expanduser", _homeless)
    else:
        (tmp_path / "cache").write_text("")
    problem = mine()
    same(references.solution_of(problem), as_another_process(problem))
    assert problem.calls == [1.0, 1.0]


def _homeless(path):
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_no_error(cache, mine):
    cache.mkdir(parents=True)
    cache.chmod(0o500)
    problem = mine()
    same(references.solution_of(problem), as_another_process(problem))
    assert problem.calls == [1.0, 1.0]


def test_a_full_disk_is_no_error_and_leaves_nothing(cache, mine, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(references.checkpoints, "write", full)
    assert references.solution_of(mine()).degree == 3
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("cache")
def test_processes_at_once_leave_one_whole_file(cache, mine, tmp_path):
    """Also where each takes away what the other has just written."""
    problem = mine()
    code = textwrap.dedent(f"""
        from pathlib import Path
        from hpcpinn.model import catalogue
        from hpcpinn.run import references
        problem = catalogue.problem("mine.py:Mine", Path({str(tmp_path)!r}))
        for _ in range(8):
            references.solution_of.cache_clear()
            references.path_of(problem).unlink(missing_ok=True)
            assert references.solution_of(problem).degree == 3
    """)
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert [path.name for path in cache.iterdir()] == [references.path_of(problem).name]
    as_another_process(problem)
    assert problem.calls == []


@pytest.mark.usefixtures("cache")
def test_a_problem_that_knows_its_solution_needs_none():
    assert references.solution_of(catalogue.problem("burgers1d")) is None


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("hpcpinn.Solution(", "dict(zip(", ["returns a", "allowed: a hpcpinn.Solution with the axes t, x"]),
        ('{"t": t, "x": x}', '{"x": t, "t": x}', ["has the axes x, t", "the axes t, x and the fields u"]),
        ('{"u": np', '{"w": np', ["has no field `u`"]),
        ("t[:, None]", "t[:, None] / 0", ["`u` of a solution is not finite everywhere"]),
        ("self.calls.append(self.speed)", "self.calls[0]", ["cannot be computed (IndexError", "points.compared = 0"]),
        ("np.linspace(-1, 3, 12)", "np.linspace(-1, 2, 12)", ["asked for at x = 2", "allowed: -1 to 2"]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_what_does_not_fit_is_refused_before_anything_is_written(old, new, words, study, tmp_path):
    question = study(mine="pass", points="residual = 4")
    source = MINE.replace(old, new)
    if "zip" in new:
        source = source.replace(", degree=3)", "))").replace('{"t": t, "x": x}', "[1]")
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(errors.ProblemError) as caught:
        rehearse(question, plan_of(question))
    for word in words:
        assert word in str(caught.value)


TERMS = {
    "allen_cahn1d": "diffusivity = 0.01\n[points]\nresidual = 4\ninitial = 2\nwalls = 2",
    "lid_driven_cavity2d_stream": (
        "reynolds = 10\n[points]\nmomentum_x = 4\nmomentum_y = 4\nlid = 2\nwalls_u = 3\nwalls_v = 4"
    ),
}


@pytest.mark.parametrize(
    "problem", ["allen_cahn1d", pytest.param("lid_driven_cavity2d_stream", marks=pytest.mark.long)]
)
def test_a_study_measures_errors_against_them(problem, cache, tmp_path):
    (tmp_path / "study.toml").write_text(
        f'name = "small"\nproblem = "{problem}"\n[problem_parameters]\n{TERMS[problem]}\ncompared = 100\n'
        "[sweep]\nwidth = [4]\ndepth = [1]\nseed = 1\n"
    )
    completion = hpcpinn.run_study(tmp_path / "study.toml", store=tmp_path / "store.zarr")
    assert completion.missing == 0
    errors_ = hpcpinn.open_study(tmp_path / "store.zarr").relative_l2.values
    assert errors_.shape == (1, 1, 1, 1)
    assert np.all((errors_ > 0.1) & (errors_ < 100))
    assert len(list(cache.iterdir())) == 1


def test_a_study_of_a_users_problem_computes_it_once(cache, mine, study, tmp_path):
    question = study(mine="pass", points="residual = 4", sweep='"problem_parameters.speed" = [1, 2]')
    (tmp_path / "mine.py").write_text(MINE)
    rehearse(question, plan_of(question))
    assert len(list(cache.iterdir())) == 2
    problem = setup.problem_of(question.configuration((0, 0, 1)), question.folder)
    references.solution_of(problem)
    assert problem.calls == [1.0, 2.0]
