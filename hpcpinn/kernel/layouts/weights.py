r"""Weights over devices: a source of factors for networks that one device does not hold.

Every hidden weight is cut along its outputs into `SLABS` slabs, and each of $D$ devices holds $1/D$ of them. A linear
map is then products with slabs, gathered in the order of slabs; its transpose is one partial product per slab, summed
in the order of slabs. Number and order of slabs are fixed, and so are the bits, whatever $D$. All devices work on the
factors of one panel after the other, and device $p$ keeps those of panel $p$.

Memory of a device: $1/D$ of the hidden weights, the weights of the first and the last layer, the factors of three
panels, and, for panels of $m$ rows times channels, $2 m N\,\mathrm{SLABS}/D$ numbers for partial products.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int, Key

from hpcpinn import errors
from hpcpinn.kernel import factors
from hpcpinn.kernel.case import Case
from hpcpinn.kernel.devices import AXIS, Body, Devices
from hpcpinn.kernel.factors import Factors
from hpcpinn.kernel.layouts.layout import Points, dtype_of
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Network, Params, Product
from hpcpinn.model.problem import Problem

# At the width from which this is worth while, 100 000, a slab has 6000 units: products lose nothing.
SLABS = 16

Slabs = Float[Array, "slab unit fan_in"]


@dataclass(frozen=True)
class Weights:
    """The parameters of one network on several devices.

    Attributes:
        shared: what every device holds: the biases, and the weights of the first and of the last layer.
        slabs: hidden weights by site, of the shape (device, slab, unit, fan_in).
    """

    shared: Params
    slabs: dict[str, Array]


def place(devices: Devices, network: Network, params: Params) -> Weights:
    """Put parameters on their devices.

    Raises:
        DeviceError: a number of devices, or a width, that slabs cannot be dealt out to.
    """
    _require_divisible(devices, network)
    shared, slabs = _cut(devices, network, params)
    return Weights(devices.share(shared), devices.split(slabs))


def draw(
    devices: Devices, network: Network, key: Key[Array, ""], problem: Problem, dtype: DTypeLike = jnp.float64
) -> Weights:
    """Draw the parameters `network.init(key, problem, dtype)` where they belong: no device ever holds all of them.

    Raises:
        DeviceError: a number of devices, or a width, that slabs cannot be dealt out to.
    """
    _require_divisible(devices, network)
    kind = str(jax.random.key_impl(key))
    shared, slabs = _draw(devices, network, problem, np.dtype(dtype), kind)(np.asarray(jax.random.key_data(key)))
    return Weights(shared, slabs)


@functools.lru_cache(maxsize=8)
def _draw(devices: Devices, network: Network, problem: Problem, dtype: np.dtype, kind: str) -> Callable[..., Any]:
    def parameters(key: Array) -> tuple[Params, dict[str, Array]]:
        return _cut(devices, network, network.init(jax.random.wrap_key_data(key, impl=kind), problem, dtype))

    return devices.partitioned(parameters)


def _require_divisible(devices: Devices, network: Network) -> None:
    if SLABS % len(devices):
        allowed = [count for count in range(1, SLABS + 1) if SLABS % count == 0]
        raise errors.DeviceError(
            f"weights cannot be dealt out to {len(devices)} devices; allowed: {', '.join(map(str, allowed))}."
        )
    if network.width % SLABS:
        raise errors.DeviceError(
            f"weights of width {network.width} cannot be cut into {SLABS} slabs; allowed: multiples of {SLABS}."
        )


def _cut(devices: Devices, network: Network, params: Params) -> tuple[Params, dict[str, Array]]:
    hidden = {site.name: site for site in network.sites_of(params) if site.role == "hidden"}
    shared = {
        name: {kind: leaf for kind, leaf in leaves.items() if kind != "weight" or name not in hidden}
        for name, leaves in params.items()
    }
    each = SLABS // len(devices)
    slabs = {
        name: params[name]["weight"].reshape(len(devices), each, site.fan_out // SLABS, site.fan_in)
        for name, site in hidden.items()
    }
    return shared, slabs


@dataclass(frozen=True)
class Sharded:
    """Factors from weights that no device holds alone.

    Attributes:
        case: what the kernel is of.
        devices: one panel for each.
        weights: of one network, from `place` or `draw`.
    """

    case: Case
    devices: Devices
    weights: Weights

    def factors(self, term: str, x: Points) -> Any:
        """All devices do the first panel, then the second one, and so on."""
        program, each = _factors(self.devices, self.case, term), np.int32(SLABS // len(self.devices))
        kept = None
        for panel in _distinct(x):
            new = program((self.weights.shared, *self.devices.share((each, x[panel]))), self.weights.slabs)
            kept = new if kept is None else _later(self.devices)(np.int32(panel), (kept, new))
        return kept


def _distinct(x: Points) -> Iterator[int]:
    """The panels that do not repeat the one before them."""
    return (k for k in range(len(x)) if k == 0 or not np.array_equal(x[k], x[k - 1]))


@functools.lru_cache(maxsize=8)
def _later(devices: Devices) -> Body:
    """Replace the factors on the devices of this panel and of all later ones."""

    def body(panel: Int[Array, ""], both: tuple[Factors, Factors]) -> Factors:
        is_later = jax.lax.axis_index(AXIS) >= panel
        return jax.tree.map(lambda kept, new: jnp.where(is_later, new, kept), *both)

    return devices.program(body)


@functools.lru_cache(maxsize=256)
def _factors(devices: Devices, case: Case, term: str) -> Body:
    def body(shared: tuple[Params, Array, Array], slabs: dict[str, Array]) -> Factors:
        params, each, x = shared
        product = _slabwise(case, devices.axis, params, each, slabs)
        return factors.factors(case, term, params, x.astype(dtype_of(params)), product)

    return devices.exchange(body)


def _slabwise(case: Case, axis: str | None, params: Params, each: Int[Array, ""], slabs: dict[str, Array]) -> Product:
    """Products with the slabs of all devices where weights are cut, plain ones elsewhere."""
    whole = case.network.product(params)

    def product(name: str, jets: Float[Array, "channel row fan_in"]) -> Float[Array, "channel row fan_out"]:
        if name not in slabs:
            return whole(name, jets)
        flat = jnp.asarray(_product(axis, each, slabs[name], jets.reshape(-1, jets.shape[-1])))
        return flat.reshape(*jets.shape[:-1], -1)

    return product


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _product(
    axis: str | None, each: Int[Array, ""], slabs: Slabs, inputs: Float[Array, "channel fan_in"]
) -> Float[Array, "channel fan_out"]:
    r"""$h W^\top$ with the slabs of all devices; differentiated with respect to $h$ alone."""
    inputs = _apart(each, inputs)
    parts = _every_slab(each, len(slabs), lambda k: _matmul(inputs, slabs[k].T))
    if axis is not None:
        parts = jax.lax.all_gather(parts, axis, tiled=True)
    return _apart(each, jnp.moveaxis(parts, 0, 1).reshape(inputs.shape[0], -1))


def _forward(
    axis: str | None, each: Int[Array, ""], slabs: Slabs, inputs: Float[Array, "channel fan_in"]
) -> tuple[Array, tuple[Array, Array]]:
    return _product(axis, each, slabs, inputs), (each, slabs)


def _backward(
    axis: str | None, kept: tuple[Array, Array], outputs: Float[Array, "channel fan_out"]
) -> tuple[None, None, Float[Array, "channel fan_in"]]:
    r"""$\delta W$: partial sums change places, so that each device adds up all of them for its share of the inputs."""
    each, slabs = kept
    first = 0 if axis is None else jax.lax.axis_index(axis) * len(slabs)
    of_slabs = jnp.moveaxis(_apart(each, outputs).reshape(outputs.shape[0], SLABS, -1), 1, 0)
    parts = _every_slab(each, len(slabs), lambda k: _matmul(of_slabs[first + k], slabs[k]))
    if axis is not None:
        parts = jax.lax.all_to_all(parts, axis, split_axis=2, concat_axis=0, tiled=True)
    total = functools.reduce(jnp.add, parts)
    if axis is not None:
        total = jax.lax.all_gather(total, axis, axis=1, tiled=True)
    return None, None, _apart(each, total)


_product.defvjp(_forward, _backward)


def _every_slab(
    each: Int[Array, ""], slots: int, product: Callable[[Int[Array, ""]], Float[Array, "channel some"]]
) -> Float[Array, "slab channel some"]:
    """A product for every slab of a device."""
    shape = jax.eval_shape(product, each)
    start = jnp.zeros((slots, *shape.shape), shape.dtype)
    return jax.lax.fori_loop(0, each, lambda k, parts: parts.at[k].set(product(k)), start)


def _apart(each: Int[Array, ""], array: Float[Array, "channel some"]) -> Float[Array, "channel some"]:
    """The same array, out of a loop of which the compiler does not know that it runs once.

    What comes before and after is compiled apart. Without it, activations were joined with the exchange next to them,
    sums of products were contracted in other ways, and last bits depended on the number of devices.
    """
    return jax.lax.fori_loop(0, jnp.minimum(each, 1), lambda _, nothing: array, jnp.zeros_like(array))


def _matmul(left: Float[Array, "channel inner"], right: Float[Array, "inner some"]) -> Float[Array, "channel some"]:
    return jnp.matmul(left, right, precision=precision.MATMUL)
