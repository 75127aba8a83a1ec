"""The public names, and `hpcpinn.ntk` as the labelled kernel of the contract."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import hpcpinn
from hpcpinn.kernel import jacobian

CONTRACT = {"MLP", "ModifiedMLP", "Problem", "boundary", "interior", "ntk", "open_study", "problem", "run_study"}
HEAVY = {"jax", "jaxlib", "numpy", "xarray", "zarr", "matplotlib", "pydantic", "rich", "typer", "scipy"}
POINTS = {"residual": 5, "boundary": 2}


@pytest.fixture(scope="module")
def parts():
    problem = hpcpinn.problem("poisson1d", frequency=2)
    network = hpcpinn.MLP(width=8, depth=2)
    return problem, network, network.init(jax.random.key(3), problem), problem.sample(POINTS)


def python(code: str) -> str:
    """What code prints in a process without the settings that the tests have."""
    environment = {name: value for name, value in os.environ.items() if name != "JAX_ENABLE_X64"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_public_names_are_there():
    assert set(hpcpinn.__all__) >= CONTRACT
    assert {name: getattr(hpcpinn, name) for name in hpcpinn.__all__}.keys() <= set(dir(hpcpinn))
    assert hpcpinn.__version__


def test_a_name_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(AttributeError, match=r"no attribute 'nkt'; it has .*\bntk\b"):
        hpcpinn.nkt  # noqa: B018
    assert not hasattr(hpcpinn, "__wrapped__")  # as doctest and inspect ask


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, hpcpinn; dir(hpcpinn); print(*(name for name in sys.modules if '.' not in name))"
    assert HEAVY.isdisjoint(python(code).split())


def test_the_kernel_is_that_of_the_explicit_jacobian(parts):
    kernel = hpcpinn.ntk(*parts)
    assert (kernel.dims, kernel.shape, kernel.dtype) == (("row", "col"), (7, 7), np.float64)
    oracle = np.asarray(jacobian.ntk(*parts))
    assert np.linalg.norm(kernel - oracle) < 1e-12 * np.linalg.norm(oracle)


def test_the_tile_does_not_matter_beyond_round_off(parts):
    whole = hpcpinn.ntk(*parts)
    assert np.linalg.norm(hpcpinn.ntk(*parts, tile=2) - whole) < 1e-13 * np.linalg.norm(whole)


def test_rows_and_columns_are_labelled_by_term_and_point(parts):
    kernel = hpcpinn.ntk(*parts)
    assert kernel.term.values.tolist() == kernel.col_term.values.tolist() == ["residual"] * 5 + ["boundary"] * 2
    assert np.array_equal(kernel.x, [0, 0.25, 0.5, 0.75, 1, 0, 1])
    assert np.array_equal(kernel.col_x, kernel.x)
    assert kernel.x.dims == kernel.term.dims == ("row",)
    assert kernel.col_x.dims == kernel.col_term.dims == ("col",)
    block = kernel[kernel.term == "boundary", kernel.col_term == "residual"]
    assert np.array_equal(block, kernel.values[5:, :5])
    assert {"long_name", "formula", "units"} <= set(kernel.attrs)


def test_a_kernel_of_several_coordinates():
    problem = hpcpinn.problem("heat1d")
    network = hpcpinn.ModifiedMLP(width=4, depth=1)
    points = problem.sample(dict.fromkeys(problem.terms, 4))
    kernel = hpcpinn.ntk(problem, network, network.init(jax.random.key(0), problem), points)
    assert set(kernel.coords) == {"term", "t", "x", "col_term", "col_t", "col_x"}
    assert np.array_equal(np.stack([kernel.t, kernel.x], axis=1), points.all)


def test_kernels_are_float64_whatever_the_settings_of_jax():
    code = f"""
import jax, hpcpinn
problem, network = hpcpinn.problem("poisson1d"), hpcpinn.MLP(width=4, depth=1)
params = network.init(jax.random.key(0), problem)
print(hpcpinn.ntk(problem, network, params, problem.sample({POINTS})).dtype, params["output"]["weight"].dtype)
"""
    assert python(code).split() == ["float64", "float64"]


def test_a_key_made_before_the_package_is_used_gives_the_same_parameters():
    """JAX is switched to 64 bits by the first use of the package, which may come after its first use of its own."""
    code = """
import jax
key = jax.random.key(0)
jax.numpy.ones(3).block_until_ready()
import hpcpinn
problem, network = hpcpinn.problem("poisson1d"), hpcpinn.MLP(width=2, depth=1)
print(float(network.init(key, problem)["output"]["weight"].sum()).hex())
"""
    problem, network = hpcpinn.problem("poisson1d"), hpcpinn.MLP(width=2, depth=1)
    assert python(code).split() == [float(network.init(jax.random.key(0), problem)["output"]["weight"].sum()).hex()]
