from pathlib import Path

from hpcpinn.run.combinations import first_cells
from hpcpinn.study.reading import parse_study

STUDY = parse_study(
    'name = "s"\nproblem = "poisson1d"\n[sweep]\nwidth = [2, 4]\ndepth = [1, 2]\nseed = 3\n"points.residual" = [4, 8]\n'
    '"problem_parameters.frequency" = [1, 2, 3]\n[points]\nboundary = 2\n',
    Path(),
)


def values(*sections: str) -> list[tuple]:
    keys = ("points.residual", "problem_parameters.frequency")
    return [tuple(STUDY.values(cell)[key] for key in keys) for cell in first_cells(STUDY, *sections)]


def test_one_cell_for_every_combination():
    assert values("problem_parameters") == [(4, 1), (4, 2), (4, 3)]
    assert values("points") == [(4, 1), (8, 1)]
    assert values("points", "problem_parameters") == [(rows, a) for rows in (4, 8) for a in (1, 2, 3)]


def test_a_section_that_is_not_swept_has_one_cell():
    assert list(first_cells(STUDY, "training")) == list(first_cells(STUDY)) == [(0, 0, 0, 0)]


def test_every_cell_has_one_that_stands_for_it():
    standing = {tuple(STUDY.values(cell).items())[2:] for cell in first_cells(STUDY, "points", "problem_parameters")}
    assert {tuple(STUDY.values(cell).items())[2:] for cell in STUDY.cells()} == standing
