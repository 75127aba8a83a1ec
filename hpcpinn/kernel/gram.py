r"""Gram panels: a block of the kernel from the factors of its rows and of its columns.

    K_ij = sum_sites [ m_W^2 sum_{alpha,beta} (delta_i^alpha . delta_j^beta) (h_i^alpha . h_j^beta)
                       + m_b^2 delta_i^0 . delta_j^0 ]

Two matrix products per site, multiplied entry by entry and summed over channel pairs: $4 n^2 C^2 N$ FLOPs and
$O(n^2 C^2)$ memory for $n$ rows of $C$ channels, where the explicit product needs $2 n^2 N^2$ and $n N^2$.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.kernel.case import TOTAL, Case
from hpcpinn.kernel.factors import Explicit, Factors, Structured
from hpcpinn.model import precision
from hpcpinn.model.networks.parametrization import Site

Block = Float[Array, "row col"]
_Kind = TypeVar("_Kind", Structured, Explicit)

# Bytes of a row of one channel from which on copying strips takes longer than the products that they save: 128 rows of
# 3 channels at N = 4096 took 46 ms in strips and 38 ms as a whole in float64, 17.9 and 18.2 ms in float32.
_WIDE = 32 * 1024


def pair(case: Case, rows: Factors, cols: Factors) -> Float[Array, "part row col"]:
    """The block of the kernel between two panels, for every part of the case."""

    def structured(site: Site) -> Block:
        return _structured(case, site, _jets(rows, site), _jets(cols, site))

    return _parts(case, structured, lambda sites: _product(_gradients(rows, sites), _gradients(cols, sites)))


def diagonal(case: Case, rows: Factors) -> Float[Array, "part row row"]:
    """The block between a panel and itself: what is on and above the diagonal; below it are zeros or mirror images."""

    def explicit(sites: Sequence[Site]) -> Block:
        gradients = _gradients(rows, sites)
        return _product(gradients, gradients)

    return _parts(case, lambda site: _upper(case, site, _jets(rows, site)), explicit)


def norms(case: Case, rows: Factors) -> Float[Array, "part row"]:
    """The diagonal of the block between a panel and itself, without the rest of it."""

    def explicit(sites: Sequence[Site]) -> Float[Array, " row"]:
        return jnp.sum(_gradients(rows, sites) ** 2, axis=-1)

    return _parts(case, lambda site: _norms(case, site, _jets(rows, site)), explicit)


def _parts(
    case: Case, structured: Callable[[Site], Array], explicit: Callable[[Sequence[Site]], Array]
) -> Float[Array, "part ..."]:
    """Total or single summands."""
    of_parts = [[site for site in case.sites if part in (TOTAL, site.name)] for part in case.parts]
    return jnp.stack([_sum(case, sites, structured, explicit) for sites in of_parts])


def _sum(
    case: Case,
    sites: Sequence[Site],
    structured: Callable[[Site], Array],
    explicit: Callable[[Sequence[Site]], Array],
) -> Float[Array, "..."]:
    """The summands of some sites: structured ones in the order of the network, then the explicit ones as one product.

    Site by site, and in strips like the others, explicit ones made a kernel of 128 rows at N = 16 take 0.52 ms, not
    0.39 ms.
    """
    apart = [structured(site) for site in sites if site.name not in case.explicit]
    together = [site for site in sites if site.name in case.explicit]
    return functools.reduce(jnp.add, [*apart, explicit(together)] if together else apart)


def _jets(factors: Factors, site: Site) -> Structured:
    return _of_kind(Structured, factors, site)


def _gradients(factors: Factors, sites: Sequence[Site]) -> Float[Array, "row_of_strip entry"]:
    """The gradients of sites side by side.

    Joined neuron by neuron they are written at twice the speed of flat ones: 128 rows at N = 16 in float64 in 40 us of
    one core, not in 73 us. The last axes differ by the one entry of a bias, if at all, and zeros fill it up.
    """
    gradients = [_of_kind(Explicit, factors, site).gradient for site in sites]
    entries = max(gradient.shape[-1] for gradient in gradients)
    padded = [jnp.pad(one, ((0, 0), (0, 0), (0, 0), (0, entries - one.shape[-1]))) for one in gradients]
    joined = jnp.concatenate(padded, axis=2)
    return joined.reshape(joined.shape[0] * joined.shape[1], -1)


def _of_kind(kind: type[_Kind], factors: Factors, site: Site) -> _Kind:
    found = factors[site.name]
    if not isinstance(found, kind):
        raise TypeError(f"site {site.name} is contracted in two ways")
    return found


def _structured(case: Case, site: Site, rows: Structured, cols: Structured) -> Block:
    outer = _products(rows.sensitivities, cols.sensitivities)
    inner = _products(rows.inputs, cols.inputs)
    # Sums of contiguous slices, not a reduction over two axes, which took longer than the products. And one chain of
    # a + b c: where two products are added, the compiler rounds either one first, and not always the same.
    values = outer[:, 0, :, :, 0] * (inner[:, 0, :, :, 0] + _bias(case, site))
    for a, b in itertools.product(range(outer.shape[1]), range(outer.shape[4])):
        if (a, b) != (0, 0):
            values = values + outer[:, a, :, :, b] * inner[:, a, :, :, b]
    return values.reshape(values.shape[0] * values.shape[1], -1)


def _bias(case: Case, site: Site) -> float:
    """What the bias adds to the product of values: its sensitivities are those of the value, m_b/m_W times as large."""
    scales = case.network.scales(site)
    return (scales.bias / scales.weight) ** 2


def _upper(case: Case, site: Site, panel: Structured) -> Block:
    if panel.inputs.itemsize * site.fan_in >= _WIDE:
        return _structured(case, site, panel, panel)
    strips = len(panel.inputs)
    blocks = [_structured(case, site, _strips(panel, k, k + 1), _strips(panel, k, strips)) for k in range(strips)]
    width = blocks[0].shape[1]
    return jnp.concatenate([jnp.pad(block, ((0, 0), (width - block.shape[1], 0))) for block in blocks])


def _strips(panel: Structured, start: int, stop: int) -> Structured:
    return jax.tree.map(lambda leaf: leaf[start:stop], panel)


def _norms(case: Case, site: Site, panel: Structured) -> Float[Array, " row"]:
    outer, inner = _between_channels(panel.sensitivities), _between_channels(panel.inputs)
    return (jnp.sum(outer * inner, axis=(1, 2)) + _bias(case, site) * outer[:, 0, 0]).reshape(-1)


def _between_channels(jets: Float[Array, "strip channel row width"]) -> Float[Array, "strip channel channel row"]:
    return jnp.einsum("sarn,sbrn->sabr", jets, jets, precision=precision.MATMUL)


def _products(
    rows: Float[Array, "strip channel row width"], cols: Float[Array, "other channels col width"]
) -> Float[Array, "strip channel row other channels col"]:
    """All inner products between the channels of the rows and those of the columns, as one matrix product."""
    return _product(rows, cols).reshape(rows.shape[:3] + cols.shape[:3])


def _product(rows: Float[Array, "... width"], cols: Float[Array, "... width"]) -> Block:
    left, right = rows.reshape(-1, rows.shape[-1]), cols.reshape(-1, cols.shape[-1])
    return jnp.matmul(left, right.T, precision=precision.MATMUL)
