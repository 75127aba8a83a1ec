r"""Structured factors: what the kernel needs to know about a row, layer by layer, in place of its Jacobian.

For a row $r(x)$ and a linear map $z^\alpha = m_W W h^\alpha + [\alpha = 0]\, m_b b$, used once per point,

    dr/dW = m_W sum_alpha delta^alpha (x) h^alpha        dr/db = m_b delta^0

with $\delta^\alpha = \partial r/\partial z^\alpha$. The factors are $h^\alpha$ and $\delta^\alpha$: $2 C N$
numbers per layer and row for $C$ channels, where the Jacobian has $N^2$. One forward and one reverse pass give them.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.model import evaluation, requirements
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Linear, Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import Term


@dataclass(frozen=True)
class SiteFactors:
    r"""One linear map: its input jets $h^\alpha$ and the sensitivities $\delta^\alpha$ to its output jets."""

    inputs: Float[Array, "*row channel fan_in"]
    sensitivities: Float[Array, "*row channel fan_out"]


jax.tree_util.register_dataclass(SiteFactors, data_fields=["inputs", "sensitivities"], meta_fields=[])

Factors = Mapping[str, SiteFactors]


@functools.partial(jax.jit, static_argnames=("problem", "term", "network"))
def factors(
    problem: Problem, term: Term, network: Network, params: Params, x: Float[Array, "row coordinate"]
) -> dict[str, SiteFactors]:
    """The factors of the rows of one term, by site of the network."""
    return jax.vmap(lambda one: _at_point(problem, term, network, params, one))(x)


def _at_point(
    problem: Problem, term: Term, network: Network, params: Params, x: Float[Array, " coordinate"]
) -> dict[str, SiteFactors]:
    affine = network.affine(params)

    def row(taps: dict[str, Array]) -> tuple[Float[Array, ""], dict[str, Array]]:
        inputs: dict[str, Array] = {}
        value = evaluation.residual(problem, term, network, _tapped(affine, taps, inputs), x)
        return value, inputs

    taps = _zero_taps(problem, term, network, params, x)
    value, reverse, inputs = jax.vjp(row, taps, has_aux=True)
    (sensitivities,) = reverse(jnp.ones_like(value))
    return {site: SiteFactors(inputs[site], sensitivities[site]) for site in taps}


def _tapped(affine: Linear, taps: Mapping[str, Array], inputs: dict[str, Array]) -> Linear:
    """Linear maps that note their inputs and add a tap to their outputs: the tap's cotangent is the sensitivity."""

    def linear(name: str, inner: Jet) -> Jet:
        inputs[name] = inner.coefficients
        outer = affine(name, inner)
        return Jet(outer.channels, outer.coefficients + taps[name])

    return linear


def _zero_taps(
    problem: Problem, term: Term, network: Network, params: Params, x: Float[Array, " coordinate"]
) -> dict[str, Array]:
    channels = len(requirements.required_channels(problem, term))
    return {site.name: jnp.zeros((channels, site.fan_out), x.dtype) for site in network.sites_of(params)}
