r"""What becomes of a parametrisation at infinite width: which sums over sites the kernel converges to.

All of them draw the same products $W h$ in hidden layers and differ in how parameters move them. With $G$ the mean of
$h_i h'_i$ over the inputs of a site ($x \cdot x'$ for the coordinates) and $S$ the covariance of the sensitivities
$\delta_j \delta'_j$ in the NTK parametrisation, summed over its outputs, the kernel converges to
$\sum_\text{sites} S\,(w\,G + b)$:

| | $w$, input | $w$, others | $b$ | what converges | covariance of the fields |
|---|---|---|---|---|---|
| ntk | $\sigma_W^2/d$ | $\sigma_W^2$ | $\sigma_b^2$ | $K$ | $\sigma_W^2 G + \sigma_b^2$ |
| standard | 0 | 1 | 0 | $K/N$ | $\sigma_W^2 G + \sigma_b^2$ |
| mup | 1 | 1 | 1 | $K$ | $\sigma_b^2$ |

In `standard` the gradient of a weight matrix behind $N$ neurons is a sum of $N$ products, and those of biases and of
the first layer do not grow. In `mup` the fields themselves vanish like $N^{-1/2}$, all but their biases.
Sources: Jacot, Gabriel and Hongler 2018; Sohl-Dickstein, Novak, Schoenholz and Lee 2020 (standard); Yang and Hu 2021
(mup), with the multipliers of `model/networks/parametrization.py`.
"""

from dataclasses import dataclass

from hpcpinn import errors
from hpcpinn.model.networks.network import Network


@dataclass(frozen=True)
class Scaling:
    """The numbers of a row of the table above.

    Attributes:
        first: $w$ of the sites that read the coordinates.
        weight: $w$ of the others.
        bias: $b$.
        field: what multiplies $G$ in the covariance of the fields.
        per_width: whether it is $K/N$ that converges.
    """

    first: float
    weight: float
    bias: float
    field: float
    per_width: bool = False


def scaling(network: Network, coordinates: int) -> Scaling:
    """The limit of a network's parametrisation.

    Raises:
        LimitError: a parametrisation without a limit.
    """
    weight, bias = network.weight_std**2, network.bias_std**2
    known = {
        "ntk": Scaling(weight / coordinates, weight, bias, weight),
        "standard": Scaling(0.0, 1.0, 0.0, weight, per_width=True),
        "mup": Scaling(1.0, 1.0, 1.0, 0.0),
    }
    if network.parametrization not in known:
        raise errors.LimitError(
            f"networks with parametrization = {network.parametrization!r} have no limit of infinite width: their first "
            f"layer vanishes; allowed: {', '.join(known)}. Compare widths with each other instead."
        )
    return known[network.parametrization]
