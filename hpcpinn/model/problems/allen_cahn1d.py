"""The Allen-Cahn equation on an interval."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from hpcpinn.model.point import Fields, Point
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior
from hpcpinn.reference.solution import Solution


class AllenCahn1D(Problem):
    r"""$u_t - \kappa u_{xx} + r (u^3 - u) = 0$ with $u(0, x) = x^2 \cos \pi x$.

    $\kappa$, $r$ = `diffusivity`, `reaction`; Anagnostopoulos et al., arXiv 2307.00379 and 2403.18494. There is
    no solution in closed form; errors are measured against one by spectral elements, `hpcpinn.reference.allen_cahn`.
    """

    equation = "u_t - κ u_xx + r(u³ - u) = 0 on t ∈ [0, 1], x ∈ [-1, 1], u = x² cos πx at t = 0, u = -1 at both ends"
    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0)}
    diffusivity: float = 1e-4
    reaction: float = 5.0

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The equation."""
        return f.u_t - self.diffusivity * f.u_xx + self.reaction * (f.u**3 - f.u)

    @boundary(t=0)
    def initial(self, p: Point, f: Fields) -> Array:
        """The phases at the beginning."""
        return f.u - p.x**2 * jnp.cos(jnp.pi * p.x)

    @boundary(x=(-1, 1))
    def walls(self, p: Point, f: Fields) -> Array:
        """One pure phase at both ends."""
        return f.u + 1

    def reference(self) -> Solution:
        """The solution by spectral elements, to about 1e-8."""
        from hpcpinn.reference.allen_cahn import allen_cahn

        return allen_cahn(self.diffusivity, self.reaction, lambda x: x**2 * np.cos(np.pi * x))
