"""A second derivative on an interval: the linear counterpart of the smallest nonlinear problem."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class LinearToy1D(Problem):
    r"""$u_{xx} = -\pi^2 \sin \pi x$ on $[-1, 1]$ with $u = \sin \pi x$.

    Its operator beside that of `nonlinear_toy1d` shows which kernels settle as networks widen (Bonfanti, Bruno and
    Cipriani, arXiv 2402.03864).
    """

    equation = "u_xx = -π² sin πx on [-1, 1], u = 0 at both ends"
    coordinates = {"x": (-1.0, 1.0)}

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_xx + jnp.pi**2 * self.exact(p)

    @boundary(x=(-1, 1))
    def boundary(self, p: Point, f: Fields) -> Array:
        """The exact values at both ends."""
        return f.u - self.exact(p)

    def exact(self, p: Point) -> Array:
        """The solution."""
        return jnp.sin(jnp.pi * p.x)
