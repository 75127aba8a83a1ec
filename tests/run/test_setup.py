"""What a cell is made of: the same for every seed, and made again the same."""

import jax
import numpy as np
import pytest

from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.run.setup import setup

MINE = """
@hpcpinn.interior
def residual(self, p, f):
    return f.u_t - f.u_xx
@hpcpinn.boundary(t=0)
def initial(self, p, f):
    return f.u
"""


@pytest.fixture
def cell(study):
    """The set-up of the first cell of a study."""

    def first(**parts):
        question = study(**parts)
        return setup(question.configuration((0,) * len(question.cell_axes)), question.folder)

    return first


def scaled(network, x: np.ndarray) -> np.ndarray:
    return (x - np.array(network.input_shift)) / np.array(network.input_scale)


def scaling(name: str) -> str:
    return f'[network]\ninput_scaling = "{name}"\n'


def test_zscore_is_taken_over_the_interior_alone(cell):
    made = cell(rest=scaling("zscore"), points="residual = 100\nboundary = 2")
    assert np.array_equal(made.points["residual"][:, 0], np.linspace(0, 1, 100))
    assert made.network.input_shift == pytest.approx((0.5,))
    assert made.network.input_scale == pytest.approx((0.29157646,), abs=1e-8)  # as in the code of arXiv 2007.14527
    inside = scaled(made.network, made.points["residual"])
    assert abs(inside.mean()) < 1e-12
    assert abs(inside.std() - 1) < 1e-12


def test_zscore_of_every_coordinate_by_itself(cell):
    made = cell(mine=MINE, rest=scaling("zscore"), points='residual = 64\ninitial = 8\nsampling = "uniform"')
    inside = scaled(made.network, made.points["residual"])
    assert np.allclose(inside.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(inside.std(axis=0), 1, atol=1e-12)


def test_the_ends_of_the_domain_become_plus_and_minus_one(cell):
    made = cell(mine=MINE, rest=scaling("domain"), points="residual = 9\ninitial = 2")
    corners = np.array([[0.0, -1.0], [2.0, 3.0], [1.0, 1.0]])
    assert np.array_equal(scaled(made.network, corners), [[-1, -1], [1, 1], [0, 0]])


def test_without_scaling_coordinates_go_in_as_they_are(cell):
    made = cell(mine=MINE, points="residual = 9\ninitial = 2")
    assert made.network.input_shift == made.network.input_scale == ()


def test_the_scaling_is_what_the_network_applies(cell):
    plain, domain = (cell(mine=MINE, rest=rest, points="residual = 9\ninitial = 2") for rest in ("", scaling("domain")))
    params = plain.network.init(jax.random.key(0), plain.problem)
    x = np.array([0.5, 2.0])
    assert np.array_equal(domain.network.apply(params, x), plain.network.apply(params, scaled(domain.network, x)))


def test_the_network_is_the_one_of_the_configuration(cell):
    names = 'architecture = "modified_mlp"\nactivation = "sin"\nparametrization = "mup"\n'
    assert cell(rest=f"[network]\n{names}weight_std = 2\nbias_std = 0\n").network == ModifiedMLP(
        2, 1, "sin", "mup", 2.0, 0.0
    )
    assert cell().network == MLP(2, 1)


def test_the_problem_has_its_parameters(cell):
    assert cell(rest="[problem_parameters]\nfrequency = 3\n").problem == catalogue.problem("poisson1d", frequency=3)


@pytest.mark.parametrize("sampling", ["grid", "uniform", "latin_hypercube", "sobol"])
def test_points_are_made_again_the_same(sampling, cell):
    points = f'residual = 9\ninitial = 4\nsampling = "{sampling}"'
    first, again = (cell(mine=MINE, points=points).points for _ in range(2))
    other = cell(mine=MINE, points=f"{points}\nseed = 1").points
    assert np.array_equal(first.all, again.all)
    assert np.array_equal(first.all, other.all) == (sampling == "grid")
    assert first.labels == ["residual"] * 9 + ["initial"] * 4


def test_points_do_not_depend_on_the_seed_or_the_size_of_the_network(study):
    question = study(
        "width = [2, 4]\ndepth = [1, 2]\nseed = [7, 3]", points='residual = 5\nboundary = 2\nsampling = "uniform"'
    )
    made = [setup(question.configuration(cell), question.folder).points.all for cell in question.cells()]
    assert all(np.array_equal(made[0], other) for other in made[1:])
