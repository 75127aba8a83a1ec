r"""The Allen-Cahn equation $u_t = \kappa u_{xx} + r (u - u^3)$ on $[-1, 1]$ with its own values at both ends."""

import math
from collections.abc import Callable

import numpy as np

from hpcpinn.errors import ProblemError
from hpcpinn.reference.elements import Elements
from hpcpinn.reference.evolution import evolve
from hpcpinn.reference.solution import Solution

# Elements as wide as so many times the width of an interface; at 0.8 the error is below that of the time steps.
_PER_INTERFACE = 0.8
_FEWEST, _MOST = 16, 4000


def allen_cahn(
    diffusivity: float,
    reaction: float,
    initial: Callable[[np.ndarray], np.ndarray],
    elements: int | None = None,
    end: float = 1.0,
) -> Solution:
    r"""The solution on $t \in [0, T]$, to about 1e-8.

    Phases are joined by interfaces $\tanh(x/\delta)$ of the width $\delta = \sqrt{2\kappa/r}$, and elements are chosen
    by it. Where the initial values are not compatible with the ends ($u_{xx} \neq 0$ there) the solution has a layer
    of height $\kappa t\,u_{xx}$, which is known to 1e-6 at first.

    Args:
        diffusivity: κ, positive.
        reaction: r.
        initial: the values at the beginning; those at the ends stay.
        elements: how many elements, when it is not the equation that says.
        end: the last time T.

    Raises:
        ProblemError: interfaces that are too thin for a mesh of equal elements.
    """
    mesh = Elements(-1.0, 1.0, _count(diffusivity, reaction) if elements is None else elements)
    times = np.linspace(0.0, end, 1 + max(64, math.ceil(40 * abs(reaction) * end)))
    u = evolve(mesh, diffusivity, lambda u, slope: reaction * (u - u**3), initial(mesh.nodes), times)
    return Solution({"t": times, "x": mesh.nodes}, {"u": u})


def _count(diffusivity: float, reaction: float) -> int:
    most = _MOST * _PER_INTERFACE / 2  # interfaces that fit into the domain
    if not diffusivity * most**2 >= abs(reaction) / 2:
        raise ProblemError(
            f"there is no reference solution for diffusivity = {diffusivity:g} and reaction = {reaction:g}; allowed: "
            f"diffusivity >= {1 / (2 * most**2):.2g} |reaction|, where interfaces can be resolved. Choose such "
            "parameters, or write `points.compared = 0` to do without the error."
        )
    width = math.sqrt(2 * diffusivity / abs(reaction)) if reaction else math.inf
    return max(_FEWEST, math.ceil(2 / (_PER_INTERFACE * width)))
