"""The Klein-Gordon equation with a cubic nonlinearity on an interval."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class KleinGordon1D(Problem):
    r"""$u_{tt} - u_{xx} + u^3 = q$ with $u = x\cos(a\pi t) + (xt)^3$, $a$ = `frequency`.

    Wang, Teng and Perdikaris, arXiv 2001.04536, with $a = 5$. Their text has zero initial values; their code and this
    class have those of the solution, $u(0, x) = x$.
    """

    equation = "u_tt - u_xx + u³ = q(t, x) on [0, 1]², u = x and u_t = 0 at t = 0, exact values at both ends"
    coordinates = {"t": (0.0, 1.0), "x": (0.0, 1.0)}
    frequency: float = 5.0

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_tt - f.u_xx + f.u**3 - self._source(p)

    @boundary(t=0)
    def initial(self, p: Point, f: Fields) -> Array:
        """The displacement at the beginning."""
        return f.u - p.x

    @boundary(t=0)
    def velocity(self, p: Point, f: Fields) -> Array:
        """At rest at the beginning."""
        return f.u_t

    @boundary(x=(0, 1))
    def walls(self, p: Point, f: Fields) -> Array:
        """The exact values at both ends."""
        return f.u - self.exact(p)

    def exact(self, p: Point) -> Array:
        """The solution."""
        return p.x * jnp.cos(self.frequency * jnp.pi * p.t) + (p.x * p.t) ** 3

    def _source(self, p: Point) -> Array:
        omega = self.frequency * jnp.pi
        acceleration = -(omega**2) * p.x * jnp.cos(omega * p.t) + 6 * p.x**3 * p.t
        return acceleration - 6 * p.x * p.t**3 + self.exact(p) ** 3
