r"""Factors: what the kernel needs to know about a row, linear map by linear map, in place of its Jacobian.

For a row $r(x)$ and a linear map $z^\alpha = m_W W h^\alpha + [\alpha = 0]\, m_b b$, used once per point,

    dr/dW = m_W sum_alpha delta^alpha (x) h^alpha        dr/db = m_b delta^0

with $\delta^\alpha = \partial r/\partial z^\alpha$. The structured factors are $h^\alpha$ and $\delta^\alpha$: $2 C N$
numbers per layer and row for $C$ channels, where the gradient has $N^2$. One forward and one reverse pass give them.
Where the gradient is the smaller of the two (`plan.contraction`) it is formed.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.kernel.case import Case, input_channels, output_channels
from hpcpinn.model import evaluation, precision, requirements
from hpcpinn.model.networks.network import Params, Product
from hpcpinn.model.networks.parametrization import Site


@dataclass(frozen=True)
class Structured:
    r"""One linear map: its input jets $h^\alpha$ and the sensitivities to its output jets, $m_W \delta^\alpha$.

    Channels come before rows: products of whole channels are then contiguous, and summing them over pairs of channels
    costs nothing beside the products themselves (with rows first it took as long again: n = 512, N = 1024).
    """

    inputs: Float[Array, "*batch strip channel row fan_in"]
    sensitivities: Float[Array, "*batch strip channel row fan_out"]


@dataclass(frozen=True)
class Explicit:
    """One linear map: the gradient of every row with respect to its weight and bias, $[dr/dW, dr/db]$ or its transpose.

    The longer side is the last axis: it is written in one run.
    """

    gradient: Float[Array, "*batch strip row neuron entry"]


jax.tree_util.register_dataclass(Structured, data_fields=["inputs", "sensitivities"], meta_fields=[])
jax.tree_util.register_dataclass(Explicit, data_fields=["gradient"], meta_fields=[])

# A sum of outer products is compiled together with all that makes their factors. With the channels of a mixed operator
# of fourth order two kernels took 53 and 65 s to compile; 41 and 50 s with one batched product instead.
_FUSED = 4

SiteFactors = Structured | Explicit
Factors = Mapping[str, SiteFactors]


def factors(
    case: Case, term: str, params: Params, x: Float[Array, "strip row coordinate"], product: Product | None = None
) -> dict[str, Structured | Explicit]:
    """The factors of a panel of one term, by site.

    Args:
        case: what the kernel is of.
        term: name of the term.
        params: of one network.
        x: points of the panel, in strips.
        product: another way to multiply by its weights, see `Network.affine`.
    """
    product = product or case.network.product(params)
    found = jax.vmap(lambda strip: _of_strip(case, term, params, product, strip))(x)
    return {site.name: _site(case, term, site, Structured(*found[site.name])) for site in case.sites}


_Pair = tuple[Float[Array, "channel row fan_in"], Float[Array, "channel row fan_out"]]


def _of_strip(
    case: Case, term: str, params: Params, product: Product, x: Float[Array, "row coordinate"]
) -> dict[str, _Pair]:
    """The input jets and the sensitivities of every site."""

    def rows(taps: dict[str, Array]) -> tuple[Float[Array, " row"], dict[str, Array]]:
        inputs: dict[str, Array] = {}
        linear = case.network.affine(params, _tapped(product, taps, inputs))
        values = evaluation.residuals(case.problem, case.problem.terms[term], case.network, linear, x)
        return values, inputs

    taps = _zero_taps(case, term, x)
    values, reverse, inputs = jax.vjp(rows, taps, has_aux=True)
    (sensitivities,) = reverse(jnp.ones_like(values))
    return {site: (inputs[site], sensitivities[site]) for site in taps}


def _tapped(product: Product, taps: Mapping[str, Array], inputs: dict[str, Array]) -> Product:
    r"""Products $W h^\alpha$ that note $h^\alpha$ and add a tap, the cotangent of which is $m_W \delta^\alpha$."""

    def tapped(name: str, jets: Float[Array, "channel row fan_in"]) -> Float[Array, "channel row fan_out"]:
        inputs[name] = jets
        return product(name, jets) + taps[name]

    return tapped


def _zero_taps(case: Case, term: str, x: Float[Array, "row coordinate"]) -> dict[str, Array]:
    channels = len(requirements.required_channels(case.problem, case.problem.terms[term]))
    return {site.name: jnp.zeros((channels, len(x), site.fan_out), x.dtype) for site in case.sites}


def _site(case: Case, term: str, site: Site, structured: Structured) -> SiteFactors:
    if site.name not in case.explicit:
        return structured
    known = set(input_channels(case.problem, term, site)) & set(output_channels(case.problem, term, site))
    known = known or {0}  # a term that reads no field has sensitivities of zero
    scales = case.network.scales(site)
    inputs = {k: _with_bias(structured.inputs[:, k], scales.bias / scales.weight if k == 0 else 0.0) for k in known}
    return Explicit(_gradient([(structured.sensitivities[:, k], inputs[k]) for k in sorted(known)]))


def _gradient(
    pairs: Sequence[tuple[Float[Array, "strip row fan_out"], Float[Array, "strip row fan_in_and_bias"]]],
) -> Float[Array, "strip row neuron entry"]:
    """The sum of the outer products of every row, the longer side last."""
    left, right = pairs[0]
    longer = [(b, a) if left.shape[-1] > right.shape[-1] else (a, b) for a, b in pairs]
    if len(pairs) <= _FUSED:
        return functools.reduce(jnp.add, (a[..., :, None] * b[..., None, :] for a, b in longer))
    stacked = (jnp.stack(side) for side in zip(*longer, strict=True))
    return jnp.einsum("csri,csrj->srij", *stacked, precision=precision.MATMUL)


def _with_bias(inputs: Float[Array, "strip row fan_in"], value: float) -> Float[Array, "strip row fan_in_and_bias"]:
    """What weight and bias are multiplied by: the bias by a number, and by zero in the channels of derivatives."""
    return jnp.pad(inputs, ((0, 0), (0, 0), (0, 1)), constant_values=value)
