"""The rate at which this machine multiplies square matrices: the measure of every kernel.

FLOP/s of 2 n³ operations, the best over sizes and repetitions, through JAX in full precision and, on a CPU, through
NumPy.
"""

import json
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.kernel import measurement
from benchmarks.kernel.case import Case

REPETITIONS = 3


def main() -> None:
    """Measure the rates in the precision of the case."""
    case = Case.asked()
    jax.config.update("jax_enable_x64", True)
    device = jax.devices()[0]
    rates = {"jax": max(_rate(size, _through_jax(size, case.precision)) for size in case.sizes)}
    if device.platform == "cpu":
        rates["numpy"] = max(_rate(size, _through_numpy(size, case.precision)) for size in case.sizes)
    print(json.dumps({"flops": rates, **measurement.machine(), "numpy": np.__version__}), flush=True)


def _rate(size: int, product: Callable[[], Any]) -> float:
    product()
    return 2 * size**3 / min(measurement.timed(product)[0] for _ in range(REPETITIONS))


def _matrix(size: int, precision: str) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((size, size), dtype=np.dtype(precision).type)


def _through_jax(size: int, precision: str) -> Callable[[], Any]:
    matrix = jnp.asarray(_matrix(size, precision))
    product = jax.jit(lambda a: jnp.matmul(a, a, precision=jax.lax.Precision.HIGHEST))
    return lambda: product(matrix).block_until_ready()


def _through_numpy(size: int, precision: str) -> Callable[[], Any]:
    matrix = _matrix(size, precision)
    return lambda: matrix @ matrix


if __name__ == "__main__":
    main()
