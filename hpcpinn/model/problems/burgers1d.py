"""The viscous Burgers equation on an interval."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class Burgers1D(Problem):
    r"""$u_t + u u_x = \nu u_{xx}$ with $u(0, x) = -\sin \pi x$, $\nu$ = `viscosity`: a shock forms at $x = 0$.

    Basdevant et al., *Computers and Fluids* 14 (1986) 23-41. By the transformation of Cole and Hopf
    $$u(t, x) = -\frac{\int \sin(\pi y)\, F\, dz}{\int F\, dz}, \quad
      F = e^{-z^2 - \cos(\pi y)/(2\pi\nu)}, \quad y = x - 2\sqrt{\nu t}\, z,$$
    and both integrals are sums over equidistant $z$, scaled by the largest summand so that nothing overflows. Such sums
    converge geometrically (Trefethen and Weideman 2014): they are exact to round-off for $10^{-4} < \nu < 1$. In this
    form there are no derivatives in $t$ at $t = 0$.
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
        # The cosine moves the peak of F by 1/sqrt(πν) at most, and exp(-7²) is below round-off. log F curves by 2 + 2πt
        # at most, whatever ν is, and an equidistant sum errs like exp(-2π²/(h² curvature)): h = 0.1 is plenty.
        reach = 7 + 1 / np.sqrt(np.pi * self.viscosity)
        z = np.arange(-reach, reach, 0.1)
        y = jnp.asarray(p.x)[..., None] - 2 * jnp.sqrt(self.viscosity * jnp.asarray(p.t))[..., None] * z
        share = jax.nn.softmax(-(z**2) - jnp.cos(jnp.pi * y) / (2 * jnp.pi * self.viscosity), axis=-1)
        return -jnp.sum(share * jnp.sin(jnp.pi * y), axis=-1)
