"""Studies, and plans of them for a problem that exists only as an outline."""

from pathlib import Path

import pytest

from hpcpinn.plan.outline import Outline
from hpcpinn.plan.plan import make_plan
from hpcpinn.plan.rates import Curve, Rates
from hpcpinn.plan.workload import Workload
from hpcpinn.study.reading import parse_study

# One run of a wide network with 100 points of u_xx and 28 of u.
LOAD = Workload(
    rows=(100, 28), channels=(3, 1), linear=(2, 1), reads=(1, 1), width=1024, depth=3, encoders=0, inputs=1,
    outputs=1, tile=1024, records=1, steps=0, itemsize=8, dense=True, parts=1, limit="none", draws=0, compared=0,
)  # fmt: skip
# A machine with four cores.
RATES = Rates(
    double=Curve((64, 1024), (3e10, 5e10)), single=Curve((64, 1024), (6e10, 1e11)), parallel=4.0,
    spectra=Curve((32, 512), (2e8, 8e9)), elements=5e9, file=1e-3, disk=2e8,
)  # fmt: skip
TRAINING = "[training]\nsteps = 100\nrecord = [0, 10, 100]\n"


@pytest.fixture(scope="session")
def outline():
    return Outline(
        coordinates=("x",), fields=("u",), channels={"residual": 3, "boundary": 1},
        inputs={"residual": 2, "boundary": 1}, reads={"residual": 1, "boundary": 1}, has_solution=True,
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
