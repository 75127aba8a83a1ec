"""Studies, and plans of them for a problem that exists only as an outline."""

from pathlib import Path

import pytest

from hpcpinn.plan.outline import Outline
from hpcpinn.plan.plan import make_plan
from hpcpinn.study.reading import parse_study

TRAINING = "[training]\nsteps = 100\nrecord = [0, 10, 100]\n"


@pytest.fixture(scope="session")
def outline():
    return Outline(
        coordinates=("x",), fields=("u",), channels={"residual": 3, "boundary": 1},
        inputs={"residual": 2, "boundary": 1}, reads={"residual": 1, "boundary": 1}, has_exact=True,
    )  # fmt: skip


@pytest.fixture(scope="session")
def study():
    def parse(sweep="", points="residual = 6\nboundary = 2", rest=TRAINING, seed="3", width="[8, 16]", depth="[1]"):
        return parse_study(
            f'name = "small"\nproblem = "poisson1d"\n[sweep]\nwidth = {width}\ndepth = {depth}\nseed = {seed}\n'
            f"{sweep}\n[points]\n{points}\n{rest}",
            Path(),
        )

    return parse


@pytest.fixture(scope="session")
def plan(study, outline):
    def planned(outline=outline, **parts):
        return make_plan(study(**parts), outline)

    return planned
