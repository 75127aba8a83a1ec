r"""Evolution of $u_t = \kappa u_{xx} + g(u, u_x)$ with fixed values at both ends."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp

from hpcpinn.errors import ProblemError
from hpcpinn.reference.elements import Elements

# Of one step, for fields of about one; what is left at the end of a few hundred steps is about 1e-9.
_TOLERANCE = 1e-12


def evolve(
    elements: Elements,
    diffusivity: float,
    source: Callable[[np.ndarray, np.ndarray], np.ndarray],
    start: Float[np.ndarray, " node"],
    times: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "time node"]:
    r"""The solution at all nodes and times, the first of which is that of `start`.

    By backward differences of order up to 5 (LSODA). Elements know only their neighbours, so that the Jacobian of the
    rates is a band.

    Raises:
        ProblemError: the solution stops to exist on the way.
    """
    found = solve_ivp(
        lambda t, u: elements.rate(diffusivity, source, u), (times[0], times[-1]), start,
        method="LSODA", t_eval=times, rtol=_TOLERANCE, atol=_TOLERANCE, lband=elements.degree, uband=elements.degree,
    )  # fmt: skip
    if not found.success:
        raise ProblemError(
            f"the reference solution could not be followed beyond t = {found.t[-1] if found.t.size else times[0]:g} "
            f"({found.message}); allowed: parameters with a bounded solution. Write `points.compared = 0` to do "
            "without the error."
        )
    return found.y.T
