"""The wave equation on an interval."""

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior


class Wave1D(Problem):
    r"""$u_{tt} = c^2 u_{xx}$ with $u = \sin(\pi x)\cos(c\pi t) + a \sin(4\pi x)\cos(4c\pi t)$.

    $c$, $a$ = `speed`, `amplitude`; Wang, Yu and Perdikaris, arXiv 2007.14527, with $c = 2$ and $a = 1/2$. They write
    the second mode as $\sin(2c\pi x)\cos(4c\pi t)$, which is the same function at $c = 2$ and solves the equation only
    there.
    """

    equation = "u_tt = c² u_xx on [0, 1]², u = sin πx + a sin 4πx and u_t = 0 at t = 0, u = 0 at both ends"
    coordinates = {"t": (0.0, 1.0), "x": (0.0, 1.0)}
    speed: float = 2.0
    amplitude: float = 0.5

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_tt - self.speed**2 * f.u_xx

    @boundary(t=0)
    def initial(self, p: Point, f: Fields) -> Array:
        """The displacement at the beginning."""
        return f.u - self.exact(p)

    @boundary(t=0)
    def velocity(self, p: Point, f: Fields) -> Array:
        """At rest at the beginning."""
        return f.u_t

    @boundary(x=(0, 1))
    def walls(self, p: Point, f: Fields) -> Array:
        """Fixed ends."""
        return f.u

    def exact(self, p: Point) -> Array:
        """Two standing waves."""
        slow = jnp.sin(jnp.pi * p.x) * jnp.cos(self.speed * jnp.pi * p.t)
        fast = jnp.sin(4 * jnp.pi * p.x) * jnp.cos(4 * self.speed * jnp.pi * p.t)
        return slow + self.amplitude * fast
