"""The steady flow in a square cavity with a moving lid, in velocities and pressure."""

from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior
from hpcpinn.reference.solution import Solution


class LidDrivenCavity2D(Problem):
    r"""$(w \cdot \nabla) w + \nabla p = \Delta w/Re$, $\nabla \cdot w = 0$ for $w = (u, v)$; $Re$ = `reynolds`.

    Wang, Teng and Perdikaris, arXiv 2001.04536, with $Re = 100$; `lid_driven_cavity2d_stream` has the same flow by
    its stream function. There is no solution in closed form; velocities are compared with those of
    `hpcpinn.reference.cavity`, up to $Re = 3200$. The error is that of the vector $w$, which is never below that of the
    speed $|w|$, which the paper states. The pressure, free by a constant, does not count.
    """

    equation = (
        "u u_x + v u_y + p_x = (u_xx + u_yy)/Re, u v_x + v v_y + p_y = (v_xx + v_yy)/Re, u_x + v_y = 0 on [0, 1]², "
        "u = 1 at y = 1, u = 0 on the other sides, v = 0 on all"
    )
    coordinates = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    fields = ("u", "v", "p")
    reynolds: float = 100.0

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

    @boundary(y=1)
    def lid(self, p: Point, f: Fields) -> Array:
        """The lid takes the fluid along."""
        return f.u - 1

    @boundary(x=(0, 1), y=0)
    def walls_u(self, p: Point, f: Fields) -> Array:
        """No velocity along x at the other three sides."""
        return f.u

    @boundary()
    def walls_v(self, p: Point, f: Fields) -> Array:
        """No velocity along y on all four sides."""
        return f.v

    def compared(self, p: Point, f: Fields) -> dict[str, Array]:
        """The velocities."""
        return {"u": f.u, "v": f.v}

    def reference(self) -> Solution:
        """The velocities by finite differences, to about 1e-5 at Re = 100."""
        from hpcpinn.reference.cavity import cavity

        return cavity(self.reynolds)
