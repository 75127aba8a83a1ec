import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

from hpcpinn.plan.outline import Outline
from hpcpinn.plan.plan import make_plan
from hpcpinn.study.reading import parse_study

ROOT = Path(__file__).parents[2]
SWEPT = '"network.activation" = ["tanh", "erf"]\n"points.residual" = [3, 5]'


def test_tasks_cover_every_run_exactly_once(plan, study):
    parts = {"sweep": SWEPT, "points": "boundary = 2", "seed": "[5, 3, 11, 4, 0, 1, 2, 6, 7]"}
    runs = Counter((*task.cell, seed) for task in plan(**parts).tasks for seed in range(*task.seeds))
    assert set(runs.values()) == {1}
    assert set(runs) == set(itertools.product(*(range(len(axis.values)) for axis in study(**parts).axes)))


def test_ids_are_distinct_and_sixteen_hex_digits(plan):
    ids = [task.id for task in plan(sweep=SWEPT, points="boundary = 2", seed="20").tasks]
    assert len(set(ids)) == len(ids)
    assert all(len(task) == 16 and int(task, 16) >= 0 for task in ids)


def test_a_study_that_is_extended_keeps_its_tasks(plan):
    small, large = plan(width="[8, 16]", seed="64"), plan(width="[4, 8, 16, 32]", seed="128")
    assert {task.id for task in small.tasks} < {task.id for task in large.tasks}


def test_ids_depend_on_keys_that_are_not_swept(plan):
    other = plan(rest="[training]\nsteps = 100\nrecord = [0, 10, 100]\nlearning_rate = 0.1")
    assert not {task.id for task in plan().tasks} & {task.id for task in other.tasks}


def test_a_problem_file_counts_by_its_content_and_not_by_its_place(tmp_path, outline):
    def ids(folder, source):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "mine.py").write_text(source)
        text = f'name = "a"\nproblem = "{folder}/mine.py:Mine"\n[sweep]\nwidth = 8\ndepth = 1\n[points]\n'
        study = parse_study(text + "residual = 4\nboundary = 2", tmp_path)
        return [task.id for task in make_plan(study, outline).tasks]

    assert ids("here", "1") == ids("there", "1") != ids("here", "2")


def test_the_plan_of_a_study_is_always_the_same(plan):
    assert plan() == plan()


def test_there_is_a_cost_for_every_task(plan):
    assert len(plan().costs) == len(plan().tasks)


def test_identity_and_axes_are_those_of_the_study(plan, study):
    assert (plan().identity, plan().axes, plan().name) == (study().identity, study().axes, "small")


def run_python(code):
    """Run code without the checks of shapes and types that tests add to every function."""
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def test_ten_thousand_cells_have_ten_thousand_tasks_of_their_own():
    numbers = list(range(1, 101))
    study = parse_study(
        f"name = 'large'\nproblem = 'poisson1d'\n[sweep]\nwidth = {numbers}\ndepth = 1\nseed = 1\n"
        f"'network.weight_std' = {numbers}\n[points]\nresidual = 64\n[training]\nsteps = 10",
        Path(),
    )
    plan = make_plan(study, Outline(("x",), ("u",), {"residual": 3}, {"residual": 2}, {"residual": 1}, True))
    assert len({task.id for task in plan.tasks}) == len({task.cell for task in plan.tasks}) == 10_000


def test_planning_imports_no_arrays():
    code = "import sys, hpcpinn.plan.refusal; print({'numpy', 'jax', 'zarr', 'xarray'} & set(sys.modules))"
    assert run_python(code) == "set()"
