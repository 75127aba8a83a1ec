"""The study files of the repository can be planned, and ask what they are said to ask."""

from pathlib import Path

import pytest

from hpcpinn.run.session import plan_of
from hpcpinn.study.reading import read_study

JOBS = Path(__file__).resolve().parents[2] / "jobs"
SCALING = sorted(path for path in (JOBS / "scaling").glob("*.toml") if path.stem != "dynamics")
RANDOM = {"burgers1d", "klein_gordon1d", "nonlinear_toy1d"}


@pytest.mark.parametrize("path", sorted(JOBS.rglob("*.toml")), ids=lambda path: str(path.relative_to(JOBS)))
def test_every_study_can_be_planned_and_has_a_store_of_its_own(path):
    plan = plan_of(read_study(path))
    assert plan.tasks
    assert [read_study(other).name for other in JOBS.rglob("*.toml")].count(plan.name) == 1


@pytest.mark.parametrize("path", SCALING, ids=lambda path: path.stem)
def test_scaling_studies_compare_wide_and_deep_networks_with_their_limit(path):
    study = read_study(path)
    axes = {axis.name: axis.values for axis in study.axes}
    assert axes["width"] == (64, 128, 256, 512, 1024, 2048, 4096, 8192)
    assert axes["depth"] == (1, 2, 3, 4)
    assert len(axes["seed"]) >= 20
    names = {variable.name for variable in plan_of(study).variables}
    assert ("limit_distance" in names) is (study.problem not in RANDOM)
    assert "limit_eigenvalue" in names


@pytest.mark.parametrize("path", [*SCALING, JOBS / "scaling" / "dynamics.toml"], ids=lambda path: path.stem)
def test_every_scaling_study_has_a_reduced_variant_of_the_same_problem_and_points(path):
    whole, reduced = read_study(path), read_study(path.parent / "reduced" / path.name)
    assert reduced.problem == whole.problem
    assert reduced.base["points"] == whole.base["points"]
    assert len(list(reduced.cells())) < len(list(whole.cells()))
