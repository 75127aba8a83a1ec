r"""Panels of rows and what they know of the limit: variances and Hermite coefficients of all preactivations."""

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.limit import architectures, duals, hermite
from hpcpinn.limit.bijets import Bijet
from hpcpinn.limit.duals import Preactivation
from hpcpinn.limit.hermite import Expansion
from hpcpinn.limit.spaces import Diagonal
from hpcpinn.model import precision
from hpcpinn.model.channels import Channels
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Network
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.requirements import all_channels
from hpcpinn.plan.panels import even

# Numbers of one bijet: some forty of them are held at once, 80 MiB of 2 MiB each, and pass through a core's cache.
_NUMBERS = 2**18
_MOST = 128


@dataclass(frozen=True, eq=False)
class Panel:
    """Consecutive rows of one term.

    Attributes:
        term: name of the term.
        rows: their positions in the kernel.
        x: their points.
        inputs: the jets of their scaled coordinates.
        known: what they know of every site that an activation follows.
    """

    term: str
    rows: range
    x: Float[np.ndarray, "row coordinate"]
    inputs: Jet
    known: Mapping[str, Preactivation]


def panels(problem: Problem, network: Network, points: Points) -> tuple[list[Panel], Expansion]:
    """All rows in panels, and the expansion that they share.

    Raises:
        LimitError: an architecture without a known limit, or a preactivation too large for the expansion.
    """
    channels = all_channels(problem)
    size = {term: _size(len(of_term)) for term, of_term in channels.items()}
    cut = [(term, rows, x, _inputs(network, channels[term], jnp.asarray(x))) for term, rows, x in _cut(points, size)]
    variances = [_variances(network, inputs) for _, _, _, inputs in cut]
    largest = max(float(jnp.max(variance.value)) for of_panel in variances for variance in of_panel.values())
    orders = [of_term.order for of_term in channels.values()]
    expansion = hermite.expansion(network.activation, duals.highest_order(max(orders), max(orders)), math.sqrt(largest))
    found = [
        Panel(term, rows, x, inputs, {site: _known(expansion, variance) for site, variance in of_panel.items()})
        for (term, rows, x, inputs), of_panel in zip(cut, variances, strict=True)
    ]
    return found, expansion


def coordinates_product(rows: Panel, cols: Panel) -> Bijet:
    r"""The bijet of $x \cdot x'$, of the scaled coordinates."""
    return _product(rows.inputs, cols.inputs)


def _size(channels: int) -> int:
    return max(1, min(_MOST, math.isqrt(_NUMBERS) // channels))


def _cut(points: Points, size: Mapping[str, int]) -> Iterator[tuple[str, range, np.ndarray]]:
    start = 0
    for term, x in points.by_term.items():
        for part in even(len(x), size[term]):
            yield term, range(start + part.start, start + part.stop), x[part.start : part.stop]
        start += len(x)


def _variances(network: Network, inputs: Jet) -> dict[str, Jet]:
    """The jets of the variances of all preactivations."""
    squared = _squared_length(inputs)
    space = Diagonal(network.activation)
    architectures.architecture(network).inputs(network, space, squared, inputs.coefficients.shape[-1])
    return space.variances


@functools.partial(jax.jit, static_argnums=(0, 1))
def _inputs(network: Network, channels: Channels, x: Float[Array, "row coordinate"]) -> Jet:
    return network.inputs(channels, x)


@jax.jit
def _product(rows: Jet, cols: Jet) -> Bijet:
    product = jnp.einsum("anc,bmc->abnm", rows.coefficients, cols.coefficients, precision=precision.MATMUL)
    return Bijet(rows.channels, cols.channels, product.reshape(-1, *product.shape[2:]))


@jax.jit
def _squared_length(inputs: Jet) -> Jet:
    squares = inputs * inputs
    return Jet(inputs.channels, jnp.sum(squares.coefficients, axis=-1))


def _known(expansion: Expansion, variance: Jet) -> Preactivation:
    std = np.sqrt(np.asarray(variance.value))
    return Preactivation(variance.channels, variance.coefficients, jnp.asarray(expansion.coefficients(std)))
