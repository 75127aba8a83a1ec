"""The studies in `jobs`: all of them can be planned, and those of papers have a twin of minutes beside them."""

import pytest

from hpcpinn.plan.plan import make_plan
from hpcpinn.run.session import outline
from hpcpinn.study.reading import read_study
from tests.repository.conftest import ROOT

JOBS = ROOT / "jobs"
PAPERS = JOBS / "papers"
REDUCED = "-reduced"
FULL = sorted(path.stem for path in PAPERS.glob("*.toml") if not path.stem.endswith(REDUCED))
STUDIES = [str(path.relative_to(JOBS)) for path in sorted(JOBS.rglob("*.toml"))]


def test_every_study_of_a_paper_has_a_reduced_twin_and_every_twin_a_study():
    assert sorted(path.stem for path in PAPERS.glob("*.toml")) == sorted([*FULL, *(name + REDUCED for name in FULL)])


@pytest.mark.parametrize("name", FULL)
def test_a_twin_asks_the_same_question_and_takes_less(name):
    paths = [PAPERS / f"{stem}.toml" for stem in (name, name + REDUCED)]
    full, reduced = map(read_study, paths)
    assert (full.name, reduced.name) == (name, name + REDUCED)
    assert full.problem == reduced.problem
    questions = [path.read_text(encoding="utf-8").partition("\n")[0] for path in paths]
    assert questions[0] == questions[1]
    assert f"{name}.toml" in paths[1].read_text(encoding="utf-8")
    assert 5 <= len(reduced.seeds) <= len(full.seeds), "a median and a spread of fewer say little"


@pytest.mark.parametrize("name", FULL)
def test_the_table_of_papers_names_both(name):
    table = (PAPERS / "README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in table


@pytest.mark.parametrize("study", STUDIES)
def test_it_can_be_planned(study):
    question = read_study(JOBS / study)
    plan = make_plan(question, outline(question))
    assert len(plan.tasks) >= len(list(question.cells()))


@pytest.mark.parametrize("name", FULL)
def test_a_twin_has_fewer_operations(name):
    studies = [read_study(PAPERS / f"{stem}.toml") for stem in (name, name + REDUCED)]
    full, reduced = (make_plan(study, outline(study)).total.flops for study in studies)
    assert reduced < full
