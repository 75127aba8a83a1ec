from pathlib import Path

import pytest

from hpcpinn.run.setup import setup
from hpcpinn.study.reading import parse_study

TRAINING = '[training]\nlearning_rate = "0.5 edge"\nsteps = 10\nrecord = [0, 3, 10]\n'


def text(rest=TRAINING, problem="poisson1d", width=64, depth=1, points="residual = 4\nboundary = 2", seeds=1):
    return (
        f'name = "small"\nproblem = "{problem}"\n[sweep]\nwidth = [{width}]\ndepth = [{depth}]\nseed = {seeds}\n'
        f"[points]\n{points}\n{rest}"
    )


def cell(**parts):
    study = parse_study(text(**parts), Path())
    return setup(study.configuration((0,) * len(study.cell_axes)), Path())


@pytest.fixture(scope="session", name="text")
def _text():
    return text


@pytest.fixture(scope="session", name="cell")
def _cell():
    return cell
