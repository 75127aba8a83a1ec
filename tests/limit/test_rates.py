r"""How kernels of finite networks come near to the limit.

Single seeds as $N^{-1/2}$: the notebook of `analysis` fits that over widths up to 2048. Here their mean: with one
hidden layer the kernel is an average over independent units, so its mean is the limit at any width, and from two on its
bias falls as $N^{-1}$.
"""

import jax
import numpy as np
import pytest

from hpcpinn.kernel import assembly, ensembles
from hpcpinn.kernel.case import TOTAL, case
from hpcpinn.limit.kernel import limit_kernel
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.network import Initialization

WIDTHS, SEEDS = (4, 36), 1024
COUNTS = {
    "poisson1d": {"residual": 4, "boundary": 2},
    "wave1d": {"residual": 4, "initial": 2, "velocity": 2, "walls": 2},
    "heat1d": {"residual": 4, "initial": 2, "walls": 2},
    "helmholtz2d": {"residual": 4, "walls": 4},
}


def kernels(problem, network, points):
    """The kernels of many seeds."""
    keys = np.stack([jax.random.key_data(jax.random.key(seed)) for seed in range(SEEDS)])
    ensemble = ensembles.ensemble(problem, network, points.counts, SEEDS)
    params = ensemble.map(Initialization(network, problem, np.dtype("float64")), (), ensemble.deal(keys))
    layout = ensemble.layout(case(problem, network, points.counts, (TOTAL,)), params)
    return assembly.whole(assembly.tiles(layout, points, 64), len(points.all), part=0)


def distances(name, depth):
    """Mean distance of single seeds and distance of their mean, relative to the limit, by width."""
    problem = catalogue.problem(name)
    points = problem.sample(COUNTS[name])
    limit = limit_kernel(problem, MLP(width=1, depth=depth, activation="tanh"), points).values
    found = [kernels(problem, MLP(width=width, depth=depth, activation="tanh"), points) for width in WIDTHS]
    single = [np.linalg.norm(each - limit, axis=(1, 2)).mean() for each in found]
    mean = [np.linalg.norm(each.mean(axis=0) - limit) for each in found]
    return np.array([single, mean]) / np.linalg.norm(limit)


def exponent(values):
    return np.polyfit(np.log(WIDTHS), np.log(values), 1)[0]


@pytest.mark.parametrize("name", COUNTS)
def test_the_mean_over_seeds_falls_faster_than_single_seeds(name):
    single, mean = distances(name, depth=2)
    assert exponent(mean) < exponent(single) - 0.15
    assert exponent(mean) < -0.7


def test_with_one_hidden_layer_the_mean_is_the_limit_at_any_width():
    single, mean = distances("poisson1d", depth=1)
    # The mean of S seeds has S^(-1/2) of the root mean square of one, which heavy tails lift above the mean.
    assert (mean * np.sqrt(SEEDS) < 3 * single).all()
