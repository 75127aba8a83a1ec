r"""Gram tiles: a block of the kernel from the factors of its rows and of its columns.

    K_ij = sum_sites [ m_W^2 sum_{alpha,beta} (delta_i^alpha . delta_j^beta) (h_i^alpha . h_j^beta)
                       + m_b^2 delta_i^0 . delta_j^0 ]

Two matrix products per site, multiplied entry by entry and summed over channel pairs: $4 n^2 C^2 N$ FLOPs and
$O(n^2 C^2)$ memory for $n$ rows of $C$ channels, where the explicit product needs $2 n^2 N^2$ and $n N^2$.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.kernel.factors import Factors, SiteFactors
from hpcpinn.model import precision
from hpcpinn.model.networks.network import Network
from hpcpinn.model.networks.parametrization import Scales


@functools.partial(jax.jit, static_argnames=("network", "coordinates"))
def tile(network: Network, coordinates: int, rows: Factors, cols: Factors) -> Float[Array, "row col"]:
    """One block of the kernel; sites are summed in the order of the network."""
    fields = rows["output"].sensitivities.shape[-1]
    sites = network.sites(coordinates, fields)
    summands = [_site(network.scales(site), rows[site.name], cols[site.name]) for site in sites]
    return functools.reduce(jnp.add, summands)


def _site(scales: Scales, rows: SiteFactors, cols: SiteFactors) -> Float[Array, "row col"]:
    outer = _products(rows.sensitivities, cols.sensitivities)
    weights = scales.weight**2 * jnp.sum(outer * _products(rows.inputs, cols.inputs), axis=(1, 3))
    return weights + scales.bias**2 * outer[:, 0, :, 0]


def _products(
    rows: Float[Array, "row channel width"], cols: Float[Array, "col other width"]
) -> Float[Array, "row channel col other"]:
    """All inner products between the channels of the rows and those of the columns, as one matrix product."""
    left, right = rows.reshape(-1, rows.shape[-1]), cols.reshape(-1, cols.shape[-1])
    product = jnp.matmul(left, right.T, precision=precision.MATMUL)
    return product.reshape(rows.shape[:2] + cols.shape[:2])
