"""The multilayer perceptron."""

from dataclasses import dataclass
from typing import final

from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Linear, Network
from hpcpinn.model.networks.parametrization import Site


@final
@dataclass(frozen=True)
class MLP(Network):
    r"""$h_l = \varphi(z_l)$, $z_l$ affine in $h_{l-1}$, $l = 1 \ldots L$; the fields are affine in $h_L$.

    >>> MLP(width=64, depth=2, activation="erf").sites(coordinates=1, fields=1)[1]
    Site(name='hidden_2', role='hidden', fan_in=64, fan_out=64)
    """

    def sites(self, coordinates: int, fields: int) -> tuple[Site, ...]:
        """The hidden layers and the output layer."""
        first = Site("hidden_1", "input", coordinates, self.width)
        hidden = (Site(f"hidden_{k}", "hidden", self.width, self.width) for k in range(2, self.depth + 1))
        return (first, *hidden, Site("output", "output", self.width, fields))

    def forward(self, linear: Linear, inputs: Jet) -> Jet:
        """One layer after the other."""
        hidden = inputs
        for k in range(1, self.depth + 1):
            hidden = self.phi(linear(f"hidden_{k}", hidden))
        return linear("output", hidden)
