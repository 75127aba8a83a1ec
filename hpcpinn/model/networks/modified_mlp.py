"""The gated multilayer perceptron of Wang, Teng and Perdikaris."""

from dataclasses import dataclass
from typing import final

from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Linear, Network
from hpcpinn.model.networks.parametrization import Site


@final
@dataclass(frozen=True)
class ModifiedMLP(Network):
    r"""Every hidden layer mixes two encodings $U, V$ of the coordinates: $h_l = U + \varphi(z_l) \odot (V - U)$.

    $U = \varphi(z_U)$ and $V = \varphi(z_V)$ are affine in the coordinates before the activation, $z_l$ in $h_{l-1}$,
    and $h_0$ are the coordinates (Wang, Teng and Perdikaris, arXiv 2001.04536, eq. 43-47; gated from the first layer on
    as in the authors' code).
    """

    def sites(self, coordinates: int, fields: int) -> tuple[Site, ...]:
        """The two encoders, the hidden layers and the output layer."""
        names = ("encoder_u", "encoder_v", "hidden_1")
        entries = (Site(name, "input", coordinates, self.width) for name in names)
        hidden = (Site(f"hidden_{k}", "hidden", self.width, self.width) for k in range(2, self.depth + 1))
        return (*entries, *hidden, Site("output", "output", self.width, fields))

    def forward(self, linear: Linear, inputs: Jet) -> Jet:
        """One gated layer after the other."""
        u, v = self.phi(linear("encoder_u", inputs)), self.phi(linear("encoder_v", inputs))
        hidden = inputs
        for k in range(1, self.depth + 1):
            hidden = u + self.phi(linear(f"hidden_{k}", hidden)) * (v - u)
        return linear("output", hidden)
