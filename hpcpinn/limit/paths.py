r"""Sample paths of the fields of an infinitely wide network: a Gaussian process, jointly with its derivatives."""

import itertools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from hpcpinn.limit.panels import Panel
from hpcpinn.limit.summands import limit
from hpcpinn.model.networks.network import Network


def paths(
    network: Network, panels: Sequence[Panel], fields: int, key: Key[Array, ""], draws: int
) -> list[Float[Array, "draw row channel field"]]:
    r"""Taylor coefficients of independent draws of all fields at the points of some panels.

    Exact draws: the covariance of all coefficients at all points, $\partial^\alpha_x \partial^\beta_{x'}
    \Sigma(x, x')/(\alpha!\,\beta!)$, is diagonalised; eigenvalues below zero are round-off. Memory: its square,
    $(n C)^2$ numbers for $n$ rows of $C$ channels.
    """
    starts = np.cumsum([0, *(len(panel.rows) * len(panel.inputs.channels) for panel in panels)])
    root = _root(_covariance(network, panels, starts))
    normal = np.asarray(jax.random.normal(key, (draws, fields, len(root)), jnp.float64))
    drawn = np.moveaxis(normal @ root.T, 1, -1)
    return [
        jnp.asarray(drawn[:, start:stop].reshape(draws, -1, len(panel.rows), fields).swapaxes(1, 2))
        for panel, (start, stop) in zip(panels, itertools.pairwise(starts), strict=True)
    ]


def _covariance(
    network: Network, panels: Sequence[Panel], starts: np.ndarray
) -> Float[np.ndarray, "coefficient coefficient"]:
    whole = np.empty((starts[-1], starts[-1]))
    place = dict(zip((id(panel) for panel in panels), itertools.pairwise(starts), strict=True))
    for rows, cols in itertools.combinations_with_replacement(panels, 2):
        block = np.asarray(limit(network, rows, cols).covariance.by_side).transpose(0, 2, 1, 3)
        (top, bottom), (left, right) = place[id(rows)], place[id(cols)]
        whole[top:bottom, left:right] = block.reshape(bottom - top, right - left)
        whole[left:right, top:bottom] = whole[top:bottom, left:right].T
    return whole


def _root(covariance: Float[np.ndarray, "coefficient coefficient"]) -> Float[np.ndarray, "coefficient normal"]:
    r"""A matrix $R$ with $R R^\top$ the covariance; of the correlations, since coefficients differ by decades."""
    std = np.sqrt(np.diag(covariance))
    scale = np.where(std > 0, std, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
