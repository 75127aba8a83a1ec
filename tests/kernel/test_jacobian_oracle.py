"""The structured kernel against the explicit Jacobian, for everything that is built in."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import assembly, jacobian
from hpcpinn.kernel.devices import Devices, first_device
from hpcpinn.model import catalogue
from hpcpinn.model.networks import ARCHITECTURES
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior

# The cavities have five and six terms with up to seven channels, and take 20 s each.
PROBLEMS = [
    pytest.param(name, marks=pytest.mark.long) if name.startswith("lid_driven_cavity") else name
    for name in sorted(catalogue.PROBLEMS)
]
ACTIVATIONS = ("tanh", "erf", "sin")
DEPTHS = (1, 2)
TOLERANCE = 1e-10


@pytest.fixture
def operation_by_operation() -> Iterator[None]:
    """Without programs: no two cases share one, and a case takes up to 20 s to compile and 5 s without."""
    with jax.disable_jit():
        yield


uncompiled = pytest.mark.usefixtures("operation_by_operation")


class Plain(Devices):
    """Arrays are put on the device: what is not compiled does not do it by itself."""

    def share(self, tree):
        return jax.tree.map(jnp.asarray, tree)

    def split(self, tree):
        return self.share(tree)


class Plate(Problem):
    """A plate that bends under a load of its own: fourth order, mixed derivatives, two fields, nonlinear."""

    coordinates = {"x": (-1.0, 1.0), "y": (0.0, 2.0)}
    fields = ("w", "load")

    @interior
    def bending(self, p, f):
        return f.w_xxyy + f.w_xxxx * f.load + jnp.sin(p.x) * f.w_xxy - f.load**2

    @interior
    def slope(self, p, f):
        return f.load_xyy + f.w_x * f.load_y

    @boundary()
    def clamped(self, p, f):
        return f.w * f.load


def draw(network: Network, problem: Problem, key: int = 0) -> Params:
    """Parameters of the right shapes from NumPy: `network.init` compiles for a second per shape."""
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), problem))
    random = np.random.default_rng(key)
    return jax.tree.map(lambda leaf: jnp.asarray(random.standard_normal(leaf.shape)), shapes)


def relative_error(problem: Problem, network: Network, counts: dict[str, int], key: int = 0) -> float:
    params = draw(network, problem, key)
    points = problem.sample(counts, jax.random.key(key + 1), "uniform")
    oracle = np.asarray(jacobian.ntk(problem, network, params, points))
    kernel = assembly.ntk(problem, network, params, points, devices=Plain(first_device().devices))
    return float(np.abs(kernel - oracle).max() / np.abs(oracle).max())


def few_points(problem: Problem) -> dict[str, int]:
    return dict.fromkeys(problem.terms, 4)  # no term has more faces


# Every combination, marked as long but for one of each architecture.
NETWORKS = [
    pytest.param(*network, marks=() if network[1:] == ("tanh", 2) else pytest.mark.long)
    for network in itertools.product(ARCHITECTURES, ACTIVATIONS, DEPTHS)
]


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize(("architecture", "activation", "depth"), NETWORKS)
@uncompiled
def test_every_problem_and_network(name, architecture, activation, depth):
    problem = catalogue.problem(name)
    network = ARCHITECTURES[architecture](width=40, depth=depth, activation=activation)
    assert relative_error(problem, network, few_points(problem)) < TOLERANCE


@pytest.mark.parametrize(
    ("parametrization", "activation"), [("ntk", "gelu"), ("standard", "softplus"), ("mup", "swish"), ("mup", "tanh")]
)
@uncompiled
def test_every_parametrization_and_the_other_activations(parametrization, activation):
    problem = catalogue.problem("nonlinear_toy1d")
    network = ARCHITECTURES["modified_mlp"](
        width=40, depth=2, activation=activation, parametrization=parametrization, weight_std=1.3, bias_std=0.4
    )
    assert relative_error(problem, network, few_points(problem)) < TOLERANCE


@pytest.mark.parametrize("architecture", ["mlp", pytest.param("modified_mlp", marks=pytest.mark.long)])
def test_fourth_order_mixed_operator_with_two_fields(architecture):
    network = ARCHITECTURES[architecture](width=4, depth=2 if architecture == "mlp" else 1, activation="tanh")
    assert relative_error(Plate(), network, {"bending": 2, "slope": 3, "clamped": 4}) < TOLERANCE


def test_scaled_inputs_and_no_bias():
    network = ARCHITECTURES["mlp"](width=9, depth=2, bias_std=0.0, input_shift=(0.5,), input_scale=(0.29,))
    assert (
        relative_error(catalogue.problem("poisson1d", frequency=2), network, {"residual": 4, "boundary": 2}) < TOLERANCE
    )


def test_hard_boundary_ansatz():
    problem = catalogue.problem("poisson1d", hard_boundary=True)
    points = problem.sample({"residual": 4, "boundary": 2})
    network = ARCHITECTURES["mlp"](width=6, depth=1)
    params = draw(network, problem)
    kernel = assembly.ntk(problem, network, params, points)
    assert np.allclose(kernel, jacobian.ntk(problem, network, params, points), rtol=0, atol=TOLERANCE * kernel.max())
    assert (kernel[4:] == 0).all()  # the boundary rows are satisfied by construction: no parameter moves them


def test_a_users_file(tmp_path: Path):
    (tmp_path / "mine.py").write_text(
        "import hpcpinn\n"
        "class Beam(hpcpinn.Problem):\n"
        "    coordinates = {'x': (0.0, 1.0)}\n"
        "    stiffness: float = 1.0\n"
        "    @hpcpinn.interior\n"
        "    def bending(self, p, f):\n"
        "        return self.stiffness * f.u_xxxx - f.u**3 * p.x\n"
        "    @hpcpinn.boundary(x=(0, 1))\n"
        "    def hinged(self, p, f):\n"
        "        return f.u_xx\n"
    )
    problem = catalogue.problem("mine.py:Beam", folder=tmp_path, stiffness=0.1)
    assert relative_error(problem, ARCHITECTURES["mlp"](width=8, depth=2), {"bending": 3, "hinged": 2}) < TOLERANCE
