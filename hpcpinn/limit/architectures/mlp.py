r"""The perceptron at infinite width.

$G_1 = x \cdot x'$, $\Sigma_l = \sigma_W^2 G_l + \sigma_b^2$ (with $\sigma_W^2/d$ for $l = 1$), $G_{l+1} =
E[\varphi\varphi']_{\Sigma_l}$, and back from the output: $S_\text{out} = 1$, $S_l = \sigma_W^2\, S_{l+1}\,
E[\varphi'\varphi']_{\Sigma_l}$ (Jacot, Gabriel and Hongler 2018, theorem 1, unrolled into the summands of its sites).
"""

from hpcpinn.limit.architectures.architecture import C, Pairs, Space, after_coordinates, after_layer
from hpcpinn.limit.bijets import Bijet
from hpcpinn.model.networks.network import Network


def inputs(network: Network, space: Space[C], coordinates: C, dimension: int) -> dict[str, C]:
    """Layer by layer."""
    found = {"hidden_1": coordinates}
    covariance = after_coordinates(network, space, coordinates, dimension)
    *between, last = [f"hidden_{k}" for k in range(1, network.depth + 1)]
    for k, site in enumerate(between, start=2):
        found[f"hidden_{k}"] = space.dual(site, covariance)
        covariance = after_layer(network, space, found[f"hidden_{k}"])
    return found | {"output": space.dual(last, covariance)}


def sensitivities(network: Network, pairs: Pairs, one: Bijet) -> dict[str, Bijet]:
    """Back from the output."""
    found = {"output": one}
    behind = one
    for k in range(network.depth, 0, -1):
        behind = pairs.affine(behind * pairs.slope(f"hidden_{k}"), network.weight_std**2, 0.0)
        found[f"hidden_{k}"] = behind
    return found
