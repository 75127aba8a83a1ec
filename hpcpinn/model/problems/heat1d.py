"""The heat equation on an interval."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class Heat1D(Problem):
    r"""$u_t = \kappa u_{xx}$ with $u = e^{-\kappa (a\pi)^2 t} \sin(a\pi x)$.

    $\kappa$, $a$ = `diffusivity`, `frequency`.
    """

    equation = "u_t = κ u_xx on [0, 1]², u = sin(aπx) at t = 0, exact values at both ends"
    coordinates = {"t": (0.0, 1.0), "x": (0.0, 1.0)}
    diffusivity: float = 0.1
    frequency: float = 1.0

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_t - self.diffusivity * f.u_xx

    @boundary(t=0)
    def initial(self, p: Point, f: Fields) -> Array:
        """The temperature at the beginning."""
        return f.u - self.exact(p)

    @boundary(x=(0, 1))
    def walls(self, p: Point, f: Fields) -> Array:
        """The exact values at both ends, zero for a whole `frequency`."""
        return f.u - self.exact(p)

    def exact(self, p: Point) -> Array:
        """One decaying mode."""
        wavenumber = self.frequency * jnp.pi
        return jnp.exp(-self.diffusivity * wavenumber**2 * p.t) * jnp.sin(wavenumber * p.x)
