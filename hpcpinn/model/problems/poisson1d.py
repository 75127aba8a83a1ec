"""The Poisson equation on an interval."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class Poisson1D(Problem):
    r"""$u_{xx} = -(a\pi)^2 \sin(a\pi x)$ with $u = \sin(a\pi x)$, $a$ = `frequency`.

    Wang, Yu and Perdikaris, arXiv 2007.14527. With `hard_boundary` the field is rewritten as
    $x(1 - x)\,u + x \sin(a\pi)$, which has the right values at both ends for any $a$.
    """

    equation = "u_xx = -(aπ)² sin(aπx) on [0, 1], u = sin(aπx) at both ends"
    coordinates = {"x": (0.0, 1.0)}
    frequency: float = 1.0
    hard_boundary: bool = False

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_xx + (self.frequency * jnp.pi) ** 2 * self.exact(p)

    @boundary(x=(0, 1))
    def boundary(self, p: Point, f: Fields) -> Array:
        """The exact values at both ends."""
        return f.u - self.exact(p)

    def exact(self, p: Point) -> Array:
        """The solution."""
        return jnp.sin(self.frequency * jnp.pi * p.x)

    def hard(self, p: Point, f: Fields) -> Fields | Array:
        """The right values at both ends by construction, when `hard_boundary` is set."""
        if not self.hard_boundary:
            return f
        return p.x * (1 - p.x) * f.u + p.x * jnp.sin(self.frequency * jnp.pi)
