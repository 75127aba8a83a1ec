"""Where covariances are computed: at equal points, as jets of one point, and between two sets of points, as bijets."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn.limit import bijets, duals, hermite
from hpcpinn.limit.bijets import Bijet
from hpcpinn.limit.duals import Preactivation
from hpcpinn.model import jet
from hpcpinn.model.jet import Jet


@dataclass
class Diagonal:
    """Variances: jets of $k(x, x)$ at the points of a panel.

    Attributes:
        activation: of the network.
        variances: what has been passed through it, by site.
    """

    activation: str
    variances: dict[str, Jet] = field(default_factory=dict)

    def affine(self, covariance: Jet, slope: float, offset: float) -> Jet:
        """Slope times variance plus offset."""
        return Jet(covariance.channels, _affine(covariance.coefficients, slope, offset))

    def dual(self, site: str, covariance: Jet) -> Jet:
        r"""$E[\varphi(a)^2]$, a function of the variance alone."""
        self.variances[site] = covariance
        return self._composed(hermite.mean_squares, covariance)

    def mean_sum(self, site: str) -> Jet:
        """Twice the mean."""
        mean = self._composed(hermite.means, self.variances[site])
        return mean + mean

    def mean_product(self, site: str) -> Jet:
        """The mean squared."""
        mean = self._composed(hermite.means, self.variances[site])
        return mean * mean

    def _composed(self, function: hermite.OfVariance, variance: Jet) -> Jet:
        std = np.sqrt(np.asarray(variance.value))
        return _composed(jnp.asarray(function(self.activation, std, variance.channels.order)), variance)


@dataclass
class Between:
    """Covariances: bijets between the points of two panels.

    Attributes:
        rows: what the rows know of every site that an activation follows.
        cols: the same of the columns.
    """

    rows: dict[str, Preactivation]
    cols: dict[str, Preactivation]
    _found: dict[str, tuple[Bijet, Bijet]] = field(default_factory=dict)

    def affine(self, covariance: Bijet, slope: float, offset: float) -> Bijet:
        """Slope times covariance plus offset."""
        return Bijet(covariance.rows, covariance.cols, _affine(covariance.coefficients, slope, offset))

    def dual(self, site: str, covariance: Bijet) -> Bijet:
        """Both dual activations, the value's and the slope's, are computed together."""
        self._found[site] = duals.dual(self.rows[site], self.cols[site], covariance)
        return self.value(site)

    def value(self, site: str) -> Bijet:
        r"""$E[\varphi(a)\varphi(b)]$."""
        return self._found[site][0]

    def slope(self, site: str) -> Bijet:
        r"""$E[\varphi'(a)\varphi'(b)]$."""
        return self._found[site][1]

    def mean_sum(self, site: str) -> Bijet:
        """The means of both sides."""
        rows, cols = self.rows[site], self.cols[site]
        return self._outer(site, mean(rows), unit(cols)) + self._outer(site, unit(rows), mean(cols))

    def mean_product(self, site: str) -> Bijet:
        """The product of the means."""
        return self._outer(site, mean(self.rows[site]), mean(self.cols[site]))

    def _outer(self, site: str, left: Float[Array, "channel row"], right: Float[Array, "other col"]) -> Bijet:
        return bijets.outer(self.rows[site].channels, self.cols[site].channels, left, right)


@jax.jit
def mean(of: Preactivation) -> Float[Array, "channel point"]:
    r"""The jet of $E[\varphi(a)]$: its derivatives with respect to the variance are $2^{-k} E[\varphi^{(2k)}]$."""
    derivatives = jnp.stack([of.hermite[0, 2 * k] / 2**k for k in range(of.channels.order + 1)])
    return _composed(derivatives, Jet(of.channels, of.variance)).coefficients


@jax.jit
def unit(of: Preactivation) -> Float[Array, "channel point"]:
    """The jet of one."""
    return jnp.zeros_like(of.variance).at[0].set(1.0)


@jax.jit
def _composed(derivatives: Float[Array, "order point"], inner: Jet) -> Jet:
    """The jet of a function of a jet, from its derivatives at the values."""
    return jet.compose(lambda _, order: tuple(derivatives[: order + 1]), inner)


@jax.jit
def _affine(
    coefficients: Float[Array, "channel *point"], slope: float | Array, offset: float | Array
) -> Float[Array, "channel *point"]:
    return (slope * coefficients).at[0].add(offset)
