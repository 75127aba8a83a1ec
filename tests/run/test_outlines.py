"""What the plan learns of a problem, and what is refused on the way."""

import pytest

from hpcpinn import errors
from hpcpinn.plan.outline import Outline
from hpcpinn.run.outlines import outline
from hpcpinn.run.session import plan_of

# u_txx and u_xx: 1, t, x, tx, xx, txx.
MIXED = """
@hpcpinn.interior
def residual(self, p, f):
    return f.u_txx + f.u_xx
@hpcpinn.boundary(t=0)
def initial(self, p, f):
    return f.u - p.x
"""
PICKY = """
order: int = 1
def __post_init__(self):
    if self.order > 2:
        raise ValueError(f"no order {self.order}")
@hpcpinn.interior
def residual(self, p, f):
    return {1: f.u_t, 2: f.u_xx}[self.order]
"""
WAVES = """
product: bool = False
@hpcpinn.interior
def residual(self, p, f):
    return f.u_tt * f.u_xx if self.product else f.u_tt + f.u_xx
"""
POINTS = "residual = 4\ninitial = 2"


def test_the_outline_of_a_built_in_problem(study):
    channels, inputs, reads = ({"residual": n, "boundary": 1} for n in (3, 2, 1))
    assert outline(study()) == Outline(
        ("x",), ("u",), channels, inputs, reads, has_solution=True, faces={"boundary": 2}
    )


def test_the_outline_of_a_file(study):
    found = outline(study(mine=MIXED, points=POINTS))
    channels, inputs, reads = ({"residual": n, "initial": 1} for n in (6, 3, 2))
    assert found == Outline(("t", "x"), ("u",), channels, inputs, reads, has_solution=False, faces={"initial": 1})


def test_of_channels_that_depend_on_a_parameter_the_most_count(study):
    """u_tt + u_xx takes one channel for both, their product one for each."""
    sweep = '"problem_parameters.product" = [false, true]'
    found = outline(study(sweep, mine=WAVES, points="residual = 4"))
    assert found.channels == {"residual": 5}
    assert found.reads == {"residual": 2}


@pytest.mark.parametrize("hook", ["exact(self, p)", "reference(self)"])
def test_a_solution_is_seen_and_not_computed(hook, study):
    assert outline(study(mine=f"{MIXED}def {hook}:\n    return undefined", points=POINTS)).has_solution


def test_what_is_compared_may_need_derivatives(study):
    """u and u_x take the channels 1 and x, u alone one."""
    mine = MIXED + 'def compared(self, p, f):\n    return {"slope": f.u_x, "value": f.u}'
    assert outline(study(mine=mine, points=POINTS)).compared == 2
    assert outline(study(mine=MIXED, points=POINTS)).compared == 1


@pytest.mark.parametrize(
    ("sweep", "mine", "words"),
    [
        ('"problem_parameters.frequency" = [1, 2, "3"]', "", ["parameter `frequency`", "'3'", "a finite number"]),
        ('"problem_parameters.frequancy" = [1, 2]', "", ["`frequancy`", "Did you mean `frequency`?"]),
        ('"problem_parameters.order" = [1, 2, 3]', PICKY, ["ValueError: no order 3", "{'order': 3}"]),
        ('"problem_parameters.order" = [1, 2, 0]', PICKY, ["term `residual`", "KeyError: 0"]),
    ],
)
def test_parameters_are_checked_in_every_cell(sweep, mine, words, study, tmp_path):
    question = study(sweep, mine=mine, points="residual = 4" if mine else "residual = 4\nboundary = 2")
    with pytest.raises(errors.ProblemError) as caught:
        plan_of(question)
    for word in words:
        assert word in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} <= {"study.toml", "mine.py"}


def test_a_parameter_without_a_default_has_to_be_given(study):
    mine = "speed: float\n@hpcpinn.interior\ndef residual(self, p, f):\n    return self.speed * f.u_x"
    with pytest.raises(
        errors.ProblemError, match=r"parameter `speed`.*Write `speed = ...` under \[problem_parameters\]"
    ):
        outline(study(mine=mine, points="residual = 4"))
    given = study('"problem_parameters.speed" = [1, 2.5]', mine=mine, points="residual = 4")
    assert outline(given).channels == {"residual": 2}
