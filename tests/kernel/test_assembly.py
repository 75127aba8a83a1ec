"""The kernel is J J^T: what follows from that, and that nothing follows from how it was cut."""

import dataclasses
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.kernel import assembly, jacobian, spectrum
from hpcpinn.kernel import case as cases
from hpcpinn.kernel.devices import first_device
from hpcpinn.kernel.layouts import networks
from hpcpinn.kernel.layouts.rows import Replicated, Rows
from hpcpinn.kernel.layouts.seeds import Seeds
from hpcpinn.model import catalogue
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.plan import panels
from hpcpinn.plan.tiles import tiles, upper

COUNTS = {"curvature": 5, "steady_burgers": 3, "value": 2}
TERMS = {"curvature": slice(0, 5), "steady_burgers": slice(5, 8), "value": slice(8, 10)}


@pytest.fixture(scope="module")
def problem(operators):
    return operators()


@pytest.fixture(scope="module")
def network():
    return MLP(width=24, depth=2)  # too wide for the explicit contraction of the hidden layer


@pytest.fixture(scope="module")
def params(problem, network, draw):
    return draw(network, problem, 1)


@pytest.fixture(scope="module")
def points(problem):
    return problem.sample(COUNTS)


@pytest.fixture(scope="module")
def kernel(problem, network, params, points):
    return assembly.ntk(problem, network, params, points)


@pytest.fixture(scope="module", params=["rows", "seeds"])
def layout(request):
    """How the work on a single network with these rows is dealt out to one device."""

    def of(problem, network, params, counts, parts=("total",)):
        case, device = cases.case(problem, network, counts, parts), first_device()
        if request.param == "seeds":
            return Seeds(case, device, networks.deal_one(device, params))
        return Rows(case, device, Replicated(case, device, device.share(params)))

    return of


@dataclasses.dataclass(frozen=True)
class Counting:
    """A layout that notes which factors were asked for."""

    layout: Any
    asked: Counter
    bytes: dict

    @property
    def group(self):
        return self.layout.group

    def factors(self, term, x):
        found = self.layout.factors(term, x)
        self.asked[term, x.tobytes()] += 1
        self.bytes[term, x.tobytes()] = sum(leaf.nbytes for leaf in jax.tree.leaves(found))
        return found

    def blocks(self, rows, cols, same):
        return self.layout.blocks(rows, cols, same)


def scale(kernel):
    return np.abs(kernel).max()


def test_it_is_symmetric_to_the_last_bit_however_it_is_cut(problem, network, params, points, kernel, eps):
    for tile in (1, 3):
        cut = assembly.ntk(problem, network, params, points, tile)
        np.testing.assert_array_equal(cut, cut.T)
        np.testing.assert_allclose(cut, kernel, rtol=0, atol=network.width * eps * scale(kernel))
    np.testing.assert_array_equal(kernel, kernel.T)
    np.testing.assert_array_equal(kernel, assembly.ntk(problem, network, params, points, 1000))


@pytest.fixture(scope="module")
def cut(layout, problem, network, params, points):
    """The tiles of four rows with so many bytes of factors kept, and the layout that has computed them."""

    def of(budget):
        counting = Counting(layout(problem, network, params, COUNTS), Counter(), {})
        return list(assembly.tiles(counting, points, 4, budget)), counting

    return of


def test_tiles_on_and_above_the_diagonal_come_once_and_row_by_row(cut, kernel, eps):
    found, _ = cut(2**30)
    assert [(tile.rows, tile.cols) for tile in found] == list(upper(tiles(10, 4)))
    for tile in found:
        assert tile.values.shape == (1, 1, len(tile.rows), len(tile.cols))
        np.testing.assert_allclose(
            tile.values[0, 0], kernel[tile.rows][:, tile.cols], rtol=0, atol=24 * eps * scale(kernel)
        )


def test_what_is_kept_changes_no_bit(cut):
    everything, *others = (cut(budget)[0] for budget in (2**30, 20_000, 0))
    for other in others:
        for one, same in zip(everything, other, strict=True):
            np.testing.assert_array_equal(one.values, same.values)


def test_the_factors_of_a_panel_are_computed_once_if_there_is_room_for_them(cut):
    assert sum(map(len, panels.panels(COUNTS, 4))) == 4
    assert list(cut(2**30)[1].asked.values()) == [1, 1, 1, 1]


def test_without_room_they_are_computed_once_for_every_row_of_tiles(cut):
    """The tiles hold 1, 2 and 1 panels, and the k-th tile is in k rows of tiles."""
    assert list(cut(0)[1].asked.values()) == [1, 2, 2, 3]


def test_factors_that_no_later_tile_needs_make_room_for_others(cut):
    """The last tile finds none in the first row; in the second row it has that of the first tile."""
    first, *second, last = cut(2**30)[1].bytes.values()
    assert last < first < sum(second)
    assert list(cut(first)[1].asked.values()) == [1, 2, 2, 2]
    assert list(cut(first + sum(second))[1].asked.values()) == [1, 1, 1, 2]


def test_a_part_is_put_together_by_its_place(layout, problem, network, params, points, kernel, eps):
    parts = ("output", "total")
    found = list(assembly.tiles(layout(problem, network, params, COUNTS, parts), points, 1000))
    output, total = (assembly.whole(iter(found), 10, part)[0] for part in range(2))
    np.testing.assert_allclose(total, kernel, rtol=0, atol=24 * eps * scale(kernel))
    assert 0 < np.trace(output) < np.trace(total)
    np.testing.assert_array_equal(output, output.T)


def test_a_kernel_without_rows_is_refused():
    with pytest.raises(ValueError, match="a kernel without rows"):
        assembly.whole(iter([]), 0, 0)


@pytest.fixture(scope="module")
def many(draw):
    """Rows that fill several panels of two strips, and their kernel by the explicit Jacobian."""
    problem, network = catalogue.problem("nonlinear_toy1d"), MLP(width=20, depth=2)
    points = problem.sample({"residual": 150, "boundary": 140}, jax.random.key(0), "uniform")
    params = draw(network, problem, 2)
    return problem, network, params, points, np.asarray(jacobian.ntk(problem, network, params, points))


@pytest.mark.parametrize("tile", [1024, 100])
def test_panels_and_strips_make_up_the_kernel_of_the_explicit_jacobian(layout, many, tile, eps):
    problem, network, params, points, oracle = many
    found = assembly.tiles(layout(problem, network, params, points.counts), points, tile)
    kernel = assembly.whole(found, 290, part=0)[0]
    np.testing.assert_allclose(kernel, oracle, rtol=0, atol=100 * eps * scale(oracle))
    np.testing.assert_array_equal(kernel, kernel.T)


MEASURE = """
import json
import jax
from hpcpinn.kernel import assembly
from hpcpinn.kernel import case as cases
from hpcpinn.kernel.devices import first_device
from hpcpinn.kernel.layouts.rows import Replicated, Rows
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior
from hpcpinn.run import memory

class Curvature(Problem):
    coordinates = {"x": (-1.0, 1.0)}
    @interior
    def curvature(self, p, f):
        return f.u_xx

problem, network, device = Curvature(), MLP(width=32, depth=2), first_device()
params = network.init(jax.random.key(0), problem)

def peak(rows):
    points = problem.sample({"curvature": rows})
    case = cases.case(problem, network, points.counts)
    layout = Rows(case, device, Replicated(case, device, device.share(params)))
    memory.reset_peak()
    for tile in assembly.tiles(layout, points, 128, budget=2**20):
        assert tile.values.nbytes <= 128 * 128 * 8
    return memory.peak_bytes()

peak(300)  # compiles
print(json.dumps([peak(1000), peak(4000)]))
"""


def test_memory_does_not_grow_with_the_rows():
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    few, many = json.loads(done.stdout)
    assert many - few < 0.05 * 8 * (4000**2 - 1000**2)


def test_it_is_positive_semi_definite_up_to_the_noise_floor(kernel):
    values = spectrum.eigenvalues(kernel)
    assert values[-1] > -spectrum.noise_floor(values[0], len(values), kernel.dtype)


def test_rows_are_in_the_order_of_the_labels(kernel, points, problem, network, params):
    assert points.labels == [name for name, rows in TERMS.items() for _ in range(len(kernel))[rows]]
    reversed_points = type(points)(points.coordinates, {name: points[name][::-1] for name in COUNTS})
    order = np.concatenate([np.arange(10)[rows][::-1] for rows in TERMS.values()])
    np.testing.assert_allclose(
        assembly.ntk(problem, network, params, reversed_points), kernel[np.ix_(order, order)], rtol=1e-12
    )


def test_a_step_along_a_row_of_the_jacobian_moves_the_residual_by_a_column(
    problem, network, params, points, kernel, residual_vector
):
    rows = residual_vector(problem, network, points)
    pull = jax.jit(lambda theta, row: jax.vjp(rows, theta)[1](row)[0])
    for column in (0, 6, 9):
        step = 1e-5 / np.sqrt(kernel[column, column])  # a distance of 1e-5 in parameters
        along = pull(params, jnp.eye(10)[column])
        ahead, behind = (rows(jax.tree.map(lambda a, b, s=s: a + s * b, params, along)) for s in (step, -step))
        moved = np.asarray(ahead - behind) / (2 * step)
        # Central differences: 1e-10 from the third derivative, as much from the round-off of the residual.
        np.testing.assert_allclose(moved, kernel[:, column], rtol=0, atol=1e-8 * scale(kernel))


def test_a_linear_term_scaled_by_c_scales_its_block_by_c_squared(operators, network, params, points, kernel, eps):
    scaled = assembly.ntk(operators(factor=-3.0), network, params, points)
    factor = np.where(np.arange(10) < 5, -3.0, 1.0)
    np.testing.assert_allclose(scaled, factor[:, None] * kernel * factor, rtol=0, atol=100 * eps * scale(kernel))


def test_the_block_of_a_term_is_the_kernel_of_a_problem_with_that_term_alone(
    curvature, network, params, points, kernel, eps
):
    alone = assembly.ntk(curvature, network, params, curvature.sample({"curvature": 5}))
    np.testing.assert_allclose(alone, kernel[TERMS["curvature"], TERMS["curvature"]], atol=10 * eps * scale(kernel))


def test_parameters_in_float32_give_a_kernel_in_float32(problem, network, params, points, kernel):
    low = assembly.ntk(problem, network, jax.tree.map(lambda leaf: leaf.astype(jnp.float32), params), points)
    assert kernel.dtype == np.float64
    assert low.dtype == np.float32
    largest = spectrum.spectral_norm(kernel)
    assert np.abs(low - kernel).max() <= spectrum.noise_floor(largest, len(kernel), low.dtype)


@pytest.fixture(scope="module")
def duplicated():
    """The Poisson problem with 50 copies of either end, as in the code of arXiv 2007.14527."""
    problem, network = catalogue.problem("poisson1d"), MLP(width=16, depth=1)
    points = problem.sample({"residual": 5, "boundary": 100})
    return assembly.ntk(problem, network, network.init(jax.random.key(0), problem), points)


def test_duplicated_points_give_duplicated_rows(duplicated, eps):
    left, right = duplicated[5:55], duplicated[55:]
    for copies in (left, right):
        np.testing.assert_allclose(copies - copies[0], 0, atol=16 * eps * scale(duplicated))


def test_fifty_copies_of_two_ends_have_rank_two(duplicated):
    values = spectrum.eigenvalues(duplicated[5:, 5:])
    assert values[1] > 1e-3 * values[0]
    assert np.abs(values[2:]).max() < spectrum.noise_floor(values[0], 100, duplicated.dtype)
