"""The advection (convection) equation on an interval."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class Advection1D(Problem):
    r"""$u_t + \beta u_x = 0$ with $u = \sin(x - \beta t)$, $\beta > 0$.

    Krishnapriyan et al., arXiv 2109.01050, where networks fail from $\beta \approx 10$ on. Their periodic condition is
    replaced by the values at the inflow $x = 0$, which determine the same solution.
    """

    equation = "u_t + β u_x = 0 on t ∈ [0, 1], x ∈ [0, 2π], u = sin x at t = 0, u = -sin βt at x = 0"
    coordinates = {"t": (0.0, 1.0), "x": (0.0, 2 * jnp.pi)}
    beta: float = 30.0

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_t + self.beta * f.u_x

    @boundary(t=0)
    def initial(self, p: Point, f: Fields) -> Array:
        """The wave at the beginning."""
        return f.u - jnp.sin(p.x)

    @boundary(x=0)
    def inflow(self, p: Point, f: Fields) -> Array:
        """The values that come in."""
        return f.u + jnp.sin(self.beta * p.t)

    def exact(self, p: Point) -> Array:
        """The travelling wave."""
        return jnp.sin(p.x - self.beta * p.t)
