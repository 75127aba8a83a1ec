"""The Helmholtz equation on a square."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class Helmholtz2D(Problem):
    r"""$\Delta u + k^2 u = q$ with $u = \sin(a_1 \pi x)\sin(a_2 \pi y)$.

    $k$, $a_1$, $a_2$ = `wavenumber`, `frequency_x`, `frequency_y`; Wang, Teng and Perdikaris, arXiv 2001.04536. With
    `hard_boundary` the field is rewritten as $(1 - x^2)(1 - y^2)\,u + b$ with the Coons patch $b$ of the boundary
    values, which is zero for whole $a_1$, $a_2$.
    """

    equation = "u_xx + u_yy + k² u = (k² - (a₁π)² - (a₂π)²) u* on [-1, 1]², u = u* = sin(a₁πx) sin(a₂πy) on all sides"
    coordinates = {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}
    frequency_x: float = 1.0
    frequency_y: float = 4.0
    wavenumber: float = 1.0
    hard_boundary: bool = False

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        factor = self.wavenumber**2 - (self.frequency_x**2 + self.frequency_y**2) * jnp.pi**2
        return f.u_xx + f.u_yy + self.wavenumber**2 * f.u - factor * self.exact(p)

    @boundary()
    def walls(self, p: Point, f: Fields) -> Array:
        """The exact values on all four sides."""
        return f.u - self.exact(p)

    def exact(self, p: Point) -> Array:
        """The solution, odd in both coordinates."""
        return jnp.sin(self.frequency_x * jnp.pi * p.x) * jnp.sin(self.frequency_y * jnp.pi * p.y)

    def hard(self, p: Point, f: Fields) -> Fields | Array:
        """The right values on all four sides by construction, when `hard_boundary` is set."""
        if not self.hard_boundary:
            return f
        return (1 - p.x**2) * (1 - p.y**2) * f.u + self._patch(p)

    def _patch(self, p: Point) -> Array:
        # The solution is odd, so its values on the sides x = ±1 are the edges of the linear function in x, same for y.
        at_x, at_y = p.x * jnp.sin(self.frequency_x * jnp.pi), p.y * jnp.sin(self.frequency_y * jnp.pi)
        along_x, along_y = jnp.sin(self.frequency_x * jnp.pi * p.x), jnp.sin(self.frequency_y * jnp.pi * p.y)
        return at_x * along_y + along_x * at_y - at_x * at_y
