"""The steady incompressible Navier-Stokes equations on a rectangle."""

import math

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class NavierStokes2D(Problem):
    r"""$(w \cdot \nabla) w + \nabla p = \Delta w/Re$, $\nabla \cdot w = 0$ for $w = (u, v)$; $Re$ = `reynolds`.

    The solution is the flow behind a grid of Kovasznay, *Proc. Cambridge Phil. Soc.* 44 (1948) 58-62, with
    $\lambda = Re/2 - \sqrt{Re^2/4 + 4\pi^2}$:
    $$u = 1 - e^{\lambda x}\cos 2\pi y, \quad v = \frac{\lambda}{2\pi} e^{\lambda x}\sin 2\pi y, \quad
      p = \tfrac12 (1 - e^{2\lambda x}).$$
    The pressure, which the equations leave free by a constant, is pinned at the outflow.
    """

    equation = (
        "u u_x + v u_y + p_x = (u_xx + u_yy)/Re, u v_x + v v_y + p_y = (v_xx + v_yy)/Re, u_x + v_y = 0 "
        "on x ∈ [-0.5, 1], y ∈ [-0.5, 1.5], exact u and v on the boundary, exact p at x = 1"
    )
    coordinates = {"x": (-0.5, 1.0), "y": (-0.5, 1.5)}
    fields = ("u", "v", "p")
    reynolds: float = 40.0

    @interior
    def momentum_x(self, p: Point, f: Fields) -> Array:
        """Momentum along x."""
        return f.u * f.u_x + f.v * f.u_y + f.p_x - (f.u_xx + f.u_yy) / self.reynolds

    @interior
    def momentum_y(self, p: Point, f: Fields) -> Array:
        """Momentum along y."""
        return f.u * f.v_x + f.v * f.v_y + f.p_y - (f.v_xx + f.v_yy) / self.reynolds

    @interior
    def continuity(self, p: Point, f: Fields) -> Array:
        """Conservation of mass."""
        return f.u_x + f.v_y

    @boundary()
    def walls_u(self, p: Point, f: Fields) -> Array:
        """The exact velocity along x on all four sides."""
        return f.u - self.exact(p)["u"]

    @boundary()
    def walls_v(self, p: Point, f: Fields) -> Array:
        """The exact velocity along y on all four sides."""
        return f.v - self.exact(p)["v"]

    @boundary(x=1)
    def outflow(self, p: Point, f: Fields) -> Array:
        """The exact pressure at the outflow."""
        return f.p - self.exact(p)["p"]

    def exact(self, p: Point) -> dict[str, Array]:
        """The flow of Kovasznay."""
        rate = self.reynolds / 2 - math.sqrt(self.reynolds**2 / 4 + 4 * math.pi**2)
        decay, angle = jnp.exp(rate * p.x), 2 * jnp.pi * p.y
        u, v = 1 - decay * jnp.cos(angle), rate / (2 * jnp.pi) * decay * jnp.sin(angle)
        return {"u": u, "v": v, "p": (1 - decay**2) / 2}
