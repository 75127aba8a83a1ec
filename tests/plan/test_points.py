import pytest

from hpcpinn.errors import StudyError


def test_rows_are_the_points_of_all_terms(plan):
    assert plan().points_of((1, 0)).counts == {"residual": 6, "boundary": 2}
    assert plan().points_of((0, 0)).rows == 8


def test_terms_stand_in_the_order_of_the_problem(plan):
    planned = plan(points="boundary = 2\nresidual = 6")
    assert list(planned.points_of((0, 0)).counts) == ["residual", "boundary"]
    assert planned.terms == ("residual", "boundary")


def test_every_cell_finds_its_own_points(plan, study):
    parts = {"sweep": '"points.boundary" = [2, 4]\n"points.residual" = [3, 5, 7]', "points": 'sampling = "grid"'}
    planned, asked = plan(**parts), study(**parts)
    assert len(planned.points) == 6
    for cell in asked.cells():
        assert planned.points_of(cell).counts == asked.configuration(cell).points.counts


def test_the_cell_of_points_has_these_points(plan, study):
    parts = {"sweep": '"points.residual" = [3, 5]\n"network.activation" = ["tanh", "erf"]', "points": "boundary = 2"}
    asked = study(**parts)
    for point in plan(**parts).points:
        assert asked.configuration(point.cell).points.counts == point.counts


def test_the_longest_cell_gives_the_size(plan):
    assert plan(sweep='"points.residual" = [3, 50, 7]', points="boundary = 2").sizes["row"] == 52


def test_a_term_without_points_is_refused(plan):
    with pytest.raises(StudyError, match=r"`boundary`.*`poisson1d` has no points.*`boundary = 32`"):
        plan(points="residual = 6")


def test_points_of_no_term_are_refused_with_the_nearest(plan):
    with pytest.raises(StudyError, match=r"`points.boundry`.*allowed: boundary, residual.*`boundary`\?"):
        plan(points="residual = 6\nboundary = 2\nboundry = 3")
