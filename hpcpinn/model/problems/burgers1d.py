"""The viscous Burgers equation on an interval."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior

_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(100)


class Burgers1D(Problem):
    r"""$u_t + u u_x = \nu u_{xx}$ with $u(0, x) = -\sin \pi x$, $\nu$ = `viscosity`: a shock forms at $x = 0$.

    Basdevant et al., *Computers and Fluids* 14 (1986) 23-41. By the transformation of Cole and Hopf
    $$u(t, x) = -\frac{\int \sin(\pi y)\, F\, dz}{\int F\, dz}, \quad
      F = e^{-z^2 - \cos(\pi y)/(2\pi\nu)}, \quad y = x - 2\sqrt{\nu t}\, z,$$
    and both integrals are Gauss-Hermite sums of 100 nodes, scaled by the largest summand so that nothing overflows. At
    the viscosity of the paper, $0.01/\pi$, they are exact to round-off. Derivatives in $t$ do not exist at $t = 0$ in
    this form.
    """

    equation = "u_t + u u_x = ν u_xx on t ∈ [0, 1], x ∈ [-1, 1], u = -sin πx at t = 0, u = 0 at both ends"
    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0)}
    viscosity: float = 0.01 / np.pi

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_t + f.u * f.u_x - self.viscosity * f.u_xx

    @boundary(t=0)
    def initial(self, p: Point, f: Fields) -> Array:
        """A sine at the beginning."""
        return f.u + jnp.sin(jnp.pi * p.x)

    @boundary(x=(-1, 1))
    def walls(self, p: Point, f: Fields) -> Array:
        """At rest at both ends."""
        return f.u

    def exact(self, p: Point) -> Array:
        """The solution of Cole and Hopf by quadrature."""
        y = jnp.asarray(p.x)[..., None] - 2 * jnp.sqrt(self.viscosity * jnp.asarray(p.t))[..., None] * _NODES
        share = jax.nn.softmax(np.log(_WEIGHTS) - jnp.cos(jnp.pi * y) / (2 * jnp.pi * self.viscosity), axis=-1)
        return -jnp.sum(share * jnp.sin(jnp.pi * y), axis=-1)
