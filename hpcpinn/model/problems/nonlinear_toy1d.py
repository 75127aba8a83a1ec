"""The steady Burgers equation on an interval: the smallest nonlinear problem."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class NonlinearToy1D(Problem):
    r"""$u u_x = \nu u_{xx}$ with $u = -2\nu s \tanh(s x)$; $\nu$, $s$ = `viscosity`, `steepness`.

    Its operator with $\nu = 0.1$ shows that the kernel of a nonlinear equation stays random at any width (Bonfanti,
    Bruno and Cipriani, arXiv 2402.03864).
    """

    equation = "u u_x - ν u_xx = 0 on [-1, 1], u = -2νs tanh(sx) at both ends"
    coordinates = {"x": (-1.0, 1.0)}
    viscosity: float = 0.1
    steepness: float = 5.0

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u * f.u_x - self.viscosity * f.u_xx

    @boundary(x=(-1, 1))
    def boundary(self, p: Point, f: Fields) -> Array:
        """The exact values at both ends."""
        return f.u - self.exact(p)

    def exact(self, p: Point) -> Array:
        """A standing shock."""
        return -2 * self.viscosity * self.steepness * jnp.tanh(self.steepness * p.x)
