r"""What the limit of an architecture is made of.

At infinite width the preactivations of a layer are independent Gaussian processes whose covariance the layer before
determines, and sensitivities decouple from them (Yang 2020, *Tensor Programs II*): a site contributes the product of
the covariance of its inputs and that of its sensitivities. Both are sums and products of covariances and of dual
activations, written once here for any two points and for two equal ones.
"""

from collections.abc import Mapping
from typing import Protocol, TypeVar, runtime_checkable

from hpcpinn.limit.bijets import Bijet
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.network import Network

# A covariance with its derivatives: of one point with itself, or of two points.
C = TypeVar("C", Jet, Bijet)


@runtime_checkable
class Space(Protocol[C]):
    """Where covariances are computed: between two sets of points, or at equal points."""

    def affine(self, covariance: C, slope: float, offset: float) -> C:
        """Slope times covariance plus offset."""
        ...

    def dual(self, site: str, covariance: C) -> C:
        r"""$E[\varphi(a)\varphi(b)]$ of the outputs of a site, from their covariance."""
        ...

    def mean_sum(self, site: str) -> C:
        r"""$E[\varphi(a)] + E[\varphi(b)]$; after the dual of the site."""
        ...

    def mean_product(self, site: str) -> C:
        r"""$E[\varphi(a)]\,E[\varphi(b)]$; after the dual of the site."""
        ...


@runtime_checkable
class Pairs(Space[Bijet], Protocol):
    """The space of pairs, where sensitivities go back."""

    def slope(self, site: str) -> Bijet:
        r"""$E[\varphi'(a)\varphi'(b)]$; after the dual of the site."""
        ...

    def value(self, site: str) -> Bijet:
        r"""$E[\varphi(a)\varphi(b)]$ once more."""
        ...


@runtime_checkable
class Architecture(Protocol):
    """The limit of one network class."""

    def inputs(self, network: Network, space: Space[C], coordinates: C, dimension: int) -> dict[str, C]:
        r"""The mean of $h_i h'_i$ over the inputs of every site; of those of the coordinates, $x \cdot x'$ itself."""
        ...

    def sensitivities(self, network: Network, pairs: Pairs, one: Bijet) -> Mapping[str, Bijet]:
        """The covariance of the sensitivities of a field to the outputs of every site, summed over them."""
        ...


def after_coordinates(network: Network, space: Space[C], coordinates: C, dimension: int) -> C:
    r"""The covariance of the outputs of a site that reads the $d$ coordinates."""
    return space.affine(coordinates, network.weight_std**2 / dimension, network.bias_std**2)


def after_layer(network: Network, space: Space[C], inputs: C) -> C:
    """The covariance of the outputs of any other site, from the mean product of its inputs."""
    return space.affine(inputs, network.weight_std**2, network.bias_std**2)
