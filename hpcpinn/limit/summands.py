"""The summands of the limit kernel between two panels, site by site, and the covariance of the fields."""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass

from hpcpinn.limit import architectures, bijets
from hpcpinn.limit.bijets import Bijet
from hpcpinn.limit.panels import Panel, coordinates_product
from hpcpinn.limit.scaling import Scaling, scaling
from hpcpinn.limit.spaces import Between
from hpcpinn.model.networks.network import Network


@dataclass(frozen=True, eq=False)
class Limit:
    """What the fields of an infinitely wide network have between two panels, computed when it is asked for.

    Attributes:
        network: the description of the network.
        between: the space of pairs, with the duals of all sites.
        coordinates: the product of the scaled coordinates.
        inputs: the mean product of the inputs of every site.
        scale: what becomes of the parametrisation.
    """

    network: Network
    between: Between
    coordinates: Bijet
    inputs: Mapping[str, Bijet]
    scale: Scaling

    @functools.cached_property
    def summands(self) -> dict[str, Bijet]:
        """Of the tangent kernel of one field, by site."""
        known, one = architectures.architecture(self.network), bijets.constant(self.coordinates, 1.0)
        sensitivities = known.sensitivities(self.network, self.between, one)
        return {site: sensitivities[site] * self._moved(inputs) for site, inputs in self.inputs.items()}

    @property
    def kernel(self) -> Bijet:
        """The tangent kernel of one field."""
        return functools.reduce(operator.add, self.summands.values())

    @property
    def covariance(self) -> Bijet:
        """Of one field at initialisation; different fields are independent."""
        return self.between.affine(self.inputs["output"], self.scale.field, self.network.bias_std**2)

    def _moved(self, inputs: Bijet) -> Bijet:
        """How much the parameters of a site with these inputs move its outputs."""
        weight = self.scale.first if inputs is self.coordinates else self.scale.weight
        return self.between.affine(inputs, weight, self.scale.bias)


def limit(network: Network, rows: Panel, cols: Panel) -> Limit:
    """The limit between two panels."""
    dimension = rows.x.shape[1]
    between, coordinates = Between(dict(rows.known), dict(cols.known)), coordinates_product(rows, cols)
    inputs = architectures.architecture(network).inputs(network, between, coordinates, dimension)
    return Limit(network, between, coordinates, inputs, scaling(network, dimension))
