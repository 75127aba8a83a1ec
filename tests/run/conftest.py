import textwrap
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpcpinn.kernel import assembly, ensembles
from hpcpinn.kernel.case import TOTAL
from hpcpinn.run import runs
from hpcpinn.run.observation import case_of
from hpcpinn.run.setup import setup
from hpcpinn.study.reading import parse_study, read_study
from hpcpinn.study.study import Study

TRAINING = '[training]\nlearning_rate = "0.5 edge"\nsteps = 10\nrecord = [0, 3, 10]\n'


HEAD = """
import jax.numpy as jnp
import hpcpinn

class Mine(hpcpinn.Problem):
    coordinates = {"t": (0.0, 2.0), "x": (-1.0, 3.0)}
"""


def text(rest=TRAINING, problem="poisson1d", width=64, depth=1, points="residual = 4\nboundary = 2", seeds=1, **tables):
    return (
        f'name = "small"\nproblem = "{problem}"\n[sweep]\nwidth = [{width}]\ndepth = [{depth}]\nseed = {seeds}\n'
        f"[points]\n{points}\n{rest}" + "".join(f"[{name}]\n{table}\n" for name, table in tables.items())
    )


def cell(**parts):
    study = parse_study(text(**parts), Path())
    return setup(study.configuration((0,) * len(study.cell_axes)), Path())


def run_seeds(cell, seeds, ensemble=None):
    """The runs of several seeds with their kernels and those of layers, by quantity: (seed, step, ...)."""
    counts = cell.points.counts
    ensemble = ensemble or ensembles.ensemble(cell.problem, cell.network, counts, len(seeds))
    tiles = defaultdict(list)
    record = runs.run_seeds(cell, ensemble, seeds, lambda step, tile: tiles[step].append(tile))
    size = sum(counts.values())
    for part, name in enumerate(case_of(cell).parts):
        whole = [assembly.whole(iter(of_step), size, part) for of_step in tiles.values()]
        record["kernel" if name == TOTAL else f"kernel of {name}"] = np.stack(whole, axis=1)
    return record


def run_seed(cell, seed):
    """The run of one seed: (step, ...)."""
    return {name: values[0] for name, values in run_seeds(cell, [seed]).items()}


@pytest.fixture(scope="session", name="run_seeds")
def _run_seeds():
    return run_seeds


@pytest.fixture(scope="session", name="run_seed")
def _run_seed():
    return run_seed


@pytest.fixture(scope="session", name="text")
def _text():
    return text


@pytest.fixture(scope="session", name="cell")
def _cell():
    return cell


@pytest.fixture(autouse=True, scope="session")
def references(tmp_path_factory):
    """Reference solutions are kept in a folder of these tests, also by processes that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Study]:
    """A study file of poisson1d, or of a class `Mine` beside it with this body, which begins at the left margin."""

    def read(sweep: str = "", rest: str = "", points: str = "residual = 4\nboundary = 2", mine: str = "") -> Study:
        if mine:
            (tmp_path / "mine.py").write_text(HEAD + textwrap.indent(mine, "    "))
        lengths = "" if "width" in sweep else "width = 2\ndepth = 1\n"
        (tmp_path / "study.toml").write_text(
            f'name = "small"\nproblem = "{"mine.py:Mine" if mine else "poisson1d"}"\n[sweep]\n{lengths}{sweep}\n'
            f"[points]\n{points}\n{rest}"
        )
        return read_study(tmp_path / "study.toml")

    return read
