r"""The gated perceptron of Wang, Teng and Perdikaris at infinite width.

$h_l = (1 - Z_l) \odot U + Z_l \odot V$ with $Z_l = \varphi(z_l)$. In the limit $U_i$, $V_i$ and $Z_{l,i}$ are
independent of each other: the weights of $z_l$ are fresh, and one unit of $U$ among many does not bind them. With the
dual activations $A$ of the encoders and $B_l$ of $z_l$, and the means $\mu$ and $\nu_l$ of $\varphi$,

    G_{l+1} = (1 - nu_l - nu_l' + 2 B_l) A + (nu_l + nu_l' - 2 B_l) mu mu'.

Back from the output, with $D_L = \sigma_W^2$ and $D_l = \sigma_W^2 S_{l+1}$ for the sensitivities to $h_l$:

    S_l = 2 D_l (A - mu mu') E[phi' phi'](z_l)
    S_U = sum_l D_l (1 - nu_l - nu_l' + B_l) E[phi' phi'](encoder),    S_V = sum_l D_l B_l E[phi' phi'](encoder)

Products of sensitivities to different $h_l$ vanish: each has a weight matrix of its own in front, of zero mean.
"""

from hpcpinn.limit.architectures.architecture import C, Pairs, Space, after_coordinates, after_layer
from hpcpinn.limit.bijets import Bijet
from hpcpinn.model.networks.network import Network

_ENCODERS = ("encoder_u", "encoder_v")


def inputs(network: Network, space: Space[C], coordinates: C, dimension: int) -> dict[str, C]:
    """Layer by layer."""
    covariance = after_coordinates(network, space, coordinates, dimension)
    encoder, _ = (space.dual(site, covariance) for site in _ENCODERS)
    means = space.mean_product("encoder_u")
    found: dict[str, C] = dict.fromkeys((*_ENCODERS, "hidden_1"), coordinates)
    for k in range(1, network.depth + 1):
        site = f"hidden_{k}"
        gate = space.dual(site, covariance)
        mixed = space.affine(gate, 2.0, 0.0) - space.mean_sum(site)
        gram = space.affine(mixed, 1.0, 1.0) * encoder - mixed * means
        covariance = after_layer(network, space, gram)
        found["output" if k == network.depth else f"hidden_{k + 1}"] = gram
    return found


def sensitivities(network: Network, pairs: Pairs, one: Bijet) -> dict[str, Bijet]:
    """Back from the output."""
    found = {"output": one}
    spread = pairs.affine(pairs.value("encoder_u") - pairs.mean_product("encoder_u"), 2.0, 0.0)
    to_u = to_v = pairs.affine(one, 0.0, 0.0)
    behind = one
    for k in range(network.depth, 0, -1):
        site = f"hidden_{k}"
        to_hidden = pairs.affine(behind, network.weight_std**2, 0.0)
        gate = pairs.value(site)
        to_u = to_u + to_hidden * (pairs.affine(gate, 1.0, 1.0) - pairs.mean_sum(site))
        to_v = to_v + to_hidden * gate
        behind = to_hidden * spread * pairs.slope(site)
        found[site] = behind
    return found | {site: to * pairs.slope(site) for site, to in zip(_ENCODERS, (to_u, to_v), strict=True)}
