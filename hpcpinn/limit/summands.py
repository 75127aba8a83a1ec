"""The summands of the limit kernel between two panels, site by site, and the covariance of the fields."""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass

from hpcpinn.limit import architectures, bijets
from hpcpinn.limit.bijets import Bijet
from hpcpinn.limit.panels import Panel, coordinates_product
from hpcpinn.limit.scaling import scaling
from hpcpinn.limit.spaces import Between
from hpcpinn.model.networks.network import Network


@dataclass(frozen=True)
class Limit:
    """What the fields of an infinitely wide network have between two panels.

    Attributes:
        summands: of the tangent kernel of one field, by site.
        covariance: of one field at initialisation; different fields are independent.
    """

    summands: Mapping[str, Bijet]
    covariance: Bijet

    @property
    def kernel(self) -> Bijet:
        """The tangent kernel of one field."""
        return functools.reduce(operator.add, self.summands.values())


def limit(network: Network, rows: Panel, cols: Panel) -> Limit:
    """The limit between two panels."""
    dimension = rows.x.shape[1]
    scale, known = scaling(network, dimension), architectures.architecture(network)
    between, coordinates = Between(dict(rows.known), dict(cols.known)), coordinates_product(rows, cols)
    inputs = known.inputs(network, between, coordinates, dimension)
    sensitivities = known.sensitivities(network, between, bijets.constant(coordinates, 1.0))
    summands = {
        site: sensitivities[site]
        * between.affine(of_site, scale.first if of_site is coordinates else scale.weight, scale.bias)
        for site, of_site in inputs.items()
    }
    return Limit(summands, between.affine(inputs["output"], scale.field, network.bias_std**2))
