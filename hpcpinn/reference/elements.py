r"""Spectral elements on an interval: equal elements, in each a polynomial through Gauss-Lobatto-Legendre nodes.

With $p$ the degree, a smooth function is known to $O(\rho^{-p})$, where $\rho > 1$ depends on how far its nearest
complex singularity is from an element, in elements (Canuto et al., *Spectral Methods*, 2006).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.polynomial import Legendre

_Values = Float[np.ndarray, " node"]


@dataclass(frozen=True, eq=False)
class Elements:
    """Equal elements on an interval.

    Attributes:
        low: left end.
        high: right end.
        count: number of elements.
        degree: degree of the polynomial in each.
    """

    low: float
    high: float
    count: int
    degree: int = 8

    @property
    def size(self) -> float:
        """The length of one element."""
        return (self.high - self.low) / self.count

    @cached_property
    def nodes(self) -> _Values:
        """The nodes from one end to the other; those at an end of two elements belong to both."""
        left = self.low + self.size * np.arange(self.count)
        inside = left[:, None] + self.size * (_nodes(self.degree)[:-1] + 1) / 2
        return np.append(inside.ravel(), self.high)

    def rate(
        self, diffusivity: float, source: Callable[[np.ndarray, np.ndarray], np.ndarray], u: _Values
    ) -> Float[np.ndarray, " node"]:
        r"""$\kappa u_{xx} + g(u, u_x)$ in the weak sense, by the quadrature of the nodes; zero at both ends.

        That is $M^{-1} \sum_e \int_e (g \phi_i - \kappa u_x \phi_i')\,dx$ with the diagonal mass matrix $M$ of Gauss
        and Lobatto, so that values at the ends, where $u$ is prescribed, stay as they are.
        """
        inside = u[self._places]
        slope = inside @ self._derivative.T
        pushed = self.size / 2 * self._weights * source(inside, slope)
        flowing = self.size / 2 * diffusivity * (self._weights * slope) @ self._derivative
        result = self._gathered(pushed - flowing) / self._mass
        result[[0, -1]] = 0.0
        return result

    @cached_property
    def _places(self) -> np.ndarray:
        return self.degree * np.arange(self.count)[:, None] + np.arange(self.degree + 1)

    @cached_property
    def _derivative(self) -> Float[np.ndarray, "node node"]:
        return 2 / self.size * _derivative(self.degree)

    @cached_property
    def _weights(self) -> _Values:
        n = self.degree
        return 2 / (n * (n + 1) * Legendre.basis(n)(_nodes(n)) ** 2)

    @cached_property
    def _mass(self) -> _Values:
        return self._gathered(np.tile(self.size / 2 * self._weights, (self.count, 1)))

    def _gathered(self, parts: Float[np.ndarray, "element node"]) -> Float[np.ndarray, " all"]:
        """The sum over elements of what each has at its nodes."""
        result = np.append(parts[:, :-1].ravel(), 0.0)
        result[self.degree :: self.degree] += parts[:, -1]
        return result


def _nodes(degree: int) -> _Values:
    """Both ends of [-1, 1] and the zeros of the derivative of the Legendre polynomial."""
    inside = np.sort(Legendre.basis(degree).deriv().roots().real)
    return np.concatenate([[-1.0], inside, [1.0]])


def _derivative(degree: int) -> Float[np.ndarray, "node node"]:
    """The derivative at the nodes from the values there, with rows that sum to zero exactly."""
    x, n = _nodes(degree), degree + 1
    legendre = Legendre.basis(degree)(x)
    matrix = legendre[:, None] / legendre / (x[:, None] - x + np.eye(n)) * (1 - np.eye(n))
    return matrix - np.diag(matrix.sum(axis=1))
