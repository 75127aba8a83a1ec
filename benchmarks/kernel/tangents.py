"""Contender: neural-tangents 0.6.5, in the environment that it needs (peers.txt); never imports hpcpinn's numerics.

The variant is its implementation: "jacobian_contraction" or "structured_derivatives". The second sees through a second
derivative in forward mode, not through nested `jax.grad`: 11 ms and 4.5 s for 128 points and width 128 in float32.
"""

from collections.abc import Sequence
from typing import Any

import jax
import neural_tangents as nt  # pyright: ignore[reportMissingImports]
import numpy as np

from benchmarks.kernel import measurement, perceptron
from benchmarks.kernel.case import Case


def main() -> None:
    """Measure the kernel of the case in the way it names."""
    case = Case.asked()
    jax.config.update("jax_enable_x64", case.precision == "float64")
    jax.config.update("jax_default_matmul_precision", "highest")
    layers, x = read(case)
    kernel = compiled(case.variant)
    measurement.tell(case, lambda: np.asarray(kernel(x, None, layers)), neural_tangents=nt.__version__)


def read(case: Case) -> tuple[list[perceptron.Layer], Any]:
    """Parameters and points of the file that the case names."""
    with np.load(case.parameters) as file:
        arrays = {name: jax.numpy.asarray(file[name], case.precision) for name in file.files}
    pairs = [(arrays[f"weight_{k}"], arrays[f"bias_{k}"]) for k in range(case.depth + 1)]
    return pairs, arrays["x"]


def compiled(variant: str) -> Any:
    """The kernel of the rows as one program."""
    implementation = getattr(nt.NtkImplementation, variant.upper())
    return jax.jit(nt.empirical_ntk_fn(rows, trace_axes=(-1,), vmap_axes=0, implementation=implementation))


def rows(layers: Sequence[perceptron.Layer], x: Any) -> Any:
    """u_xx at all points, as outputs of one channel."""
    return jax.vmap(lambda point: perceptron.row(layers, point[0]))(x)[:, None]


if __name__ == "__main__":
    main()
