r"""Contender: the explicit Jacobian in JAX, as well as it can be.

`jax.jacrev` of one row, `vmap`ped over the points, and products in full precision; nothing of hpcpinn but the
parameters. (`jacrev` of the vector of all rows would pass back through all n points for each of them.) Three ways:

plain: the Jacobian of every parameter array, then one product $J J^\top$ for each.
panels: the same, with the products over panels of 8192 columns: XLA multiplied 128 rows of 10⁶ columns at a third of
    the GEMM rate of two cores, and panels of them at two thirds.
blocks: never more of the Jacobian than the memory of the case: some neurons of a layer at a time, by differentiating
    with respect to a perturbation of their weights. The passes through the network are repeated for every block.
"""

import functools
from collections.abc import Iterable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from benchmarks.kernel import equation, measurement, perceptron
from benchmarks.kernel.case import Case
from benchmarks.kernel.perceptron import Layer

PANEL = 8192
_matmul = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


def main() -> None:
    """Measure the kernel of the case in the way it names."""
    case = Case.asked()
    layers = perceptron.layers(equation.parameters(case))
    x = jnp.asarray(equation.points(case)["residual"][:, 0], case.precision)
    kernel = {"plain": plain, "panels": panels, "blocks": functools.partial(blocks, case.memory)}[case.variant]
    measurement.tell(case, lambda: np.asarray(kernel(layers, x)))


@jax.jit
def plain(layers: Sequence[Layer], x: Float[Array, " row"]) -> Float[Array, "row row"]:
    """The whole Jacobian and one product for each parameter array."""
    return _sum(_matmul(part, part.T) for part in _jacobian(layers, x))


@jax.jit
def panels(layers: Sequence[Layer], x: Float[Array, " row"]) -> Float[Array, "row row"]:
    """The whole Jacobian and products over panels of its columns."""
    return _sum(map(_product, _jacobian(layers, x)))


def blocks(memory: int, layers: Sequence[Layer], x: Float[Array, " row"]) -> Float[Array, "row row"]:
    """As much of the Jacobian at a time as `memory` bytes hold."""
    counts = [neurons(memory, len(x), weight) for weight, _ in layers]
    return _sum(_layer(k, count, layers, x) for k, count in enumerate(counts))


def neurons(memory: int, rows: int, weight: Float[Array, "fan_out fan_in"]) -> int:
    """How many neurons make a block of at most `memory` bytes: all, or half, or a quarter and so on of the layer."""
    count = len(weight)
    while count % 2 == 0 and rows * count * weight.shape[1] * weight.dtype.itemsize > memory:
        count //= 2
    return count


def _jacobian(layers: Sequence[Layer], x: Float[Array, " row"]) -> list[Float[Array, "row parameter"]]:
    return _flat(jax.vmap(jax.jacrev(perceptron.row), (None, 0))(layers, x))


@functools.partial(jax.jit, static_argnums=(0, 1))
def _layer(k: int, count: int, layers: Sequence[Layer], x: Float[Array, " row"]) -> Float[Array, "row row"]:
    weight, bias = layers[k]
    zeros = (jnp.zeros((count, weight.shape[1]), x.dtype), jnp.zeros(count, x.dtype))

    def add(block: int, kernel: Float[Array, "row row"]) -> Float[Array, "row row"]:
        row = functools.partial(_perturbed_row, layers, k, block * count)
        return kernel + _sum(map(_product, _flat(jax.vmap(jax.jacrev(row), (None, 0))(zeros, x))))

    return jax.lax.fori_loop(0, len(bias) // count, add, jnp.zeros((len(x), len(x)), x.dtype))


def _perturbed_row(
    layers: Sequence[Layer], k: int, start: int, perturbation: Layer, x: Float[Array, ""]
) -> Float[Array, ""]:
    """u_xx, with a perturbation added to the weights and biases of layer k from neuron `start` on."""

    def linear(layer: int, h: Float[Array, " fan_in"]) -> Float[Array, " fan_out"]:
        z = perceptron.affine(layers[layer], h)
        if layer != k:
            return z
        return z + jax.lax.dynamic_update_slice(jnp.zeros_like(z), perceptron.affine(perturbation, h), (start,))

    return perceptron.second_derivative(linear, len(layers) - 1, x)


def _product(part: Float[Array, "row parameter"]) -> Float[Array, "row row"]:
    width = _panel(part.shape[1])

    def add(panel: int, kernel: Float[Array, "row row"]) -> Float[Array, "row row"]:
        columns = jax.lax.dynamic_slice_in_dim(part, panel * width, width, 1)
        return kernel + _matmul(columns, columns.T)

    return jax.lax.fori_loop(0, part.shape[1] // width, add, jnp.zeros((len(part), len(part)), part.dtype))


def _panel(columns: int) -> int:
    """Columns of a panel: the largest power of two up to `PANEL` that divides them; all, where that is below 512."""
    width = min(PANEL, columns & -columns)
    return width if width >= min(512, columns) else columns


def _flat(jacobian: Sequence[Layer]) -> list[Float[Array, "row parameter"]]:
    return [leaf.reshape(len(leaf), -1) for leaf in jax.tree.leaves(jacobian)]


def _sum(kernels: Iterable[Float[Array, "row row"]]) -> Float[Array, "row row"]:
    return functools.reduce(jnp.add, kernels)


if __name__ == "__main__":
    main()
