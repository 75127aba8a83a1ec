"""The steady flow in a square cavity with a moving lid, in stream function and pressure."""

from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior
from hpcpinn.reference.solution import Solution


class LidDrivenCavity2DStream(Problem):
    r"""$(w \cdot \nabla) w + \nabla p = \Delta w/Re$ for $w = (\psi_y, -\psi_x)$; $Re$ = `reynolds`.

    Wang, Teng and Perdikaris, arXiv 2001.04536, with $Re = 100$; `lid_driven_cavity2d` has the same flow by its
    velocities. Mass is conserved by construction, and momentum has third derivatives. The error is that of the
    velocities $w$, as it is there; stream function and pressure, free by constants, do not count.
    """

    equation = (
        "u u_x + v u_y + p_x = (u_xx + u_yy)/Re, u v_x + v v_y + p_y = (v_xx + v_yy)/Re for u = ψ_y, v = -ψ_x "
        "on [0, 1]², u = 1 at y = 1, u = 0 on the other sides, v = 0 on all"
    )
    coordinates = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    fields = ("psi", "p")
    reynolds: float = 100.0

    @interior
    def momentum_x(self, p: Point, f: Fields) -> Array:
        """Momentum along x."""
        carried = f.psi_y * f.psi_xy - f.psi_x * f.psi_yy
        return carried + f.p_x - (f.psi_xxy + f.psi_yyy) / self.reynolds

    @interior
    def momentum_y(self, p: Point, f: Fields) -> Array:
        """Momentum along y."""
        carried = f.psi_x * f.psi_xy - f.psi_y * f.psi_xx
        return carried + f.p_y + (f.psi_xxx + f.psi_xyy) / self.reynolds

    @boundary(y=1)
    def lid(self, p: Point, f: Fields) -> Array:
        """The lid takes the fluid along."""
        return f.psi_y - 1

    @boundary(x=(0, 1), y=0)
    def walls_u(self, p: Point, f: Fields) -> Array:
        """No velocity along x at the other three sides."""
        return f.psi_y

    @boundary()
    def walls_v(self, p: Point, f: Fields) -> Array:
        """No velocity along y on all four sides."""
        return f.psi_x

    def compared(self, p: Point, f: Fields) -> dict[str, Array]:
        """The velocities."""
        return {"u": f.psi_y, "v": -f.psi_x}

    def reference(self) -> Solution:
        """The velocities by finite differences, to about 1e-5 at Re = 100."""
        from hpcpinn.reference.cavity import cavity

        return cavity(self.reynolds)
