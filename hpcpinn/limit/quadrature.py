r"""One-dimensional Gaussian expectations by the trapezoidal rule, and normalised Hermite functions on its nodes.

$E[f(z)] = \int f(z) \frac{e^{-z^2/2}}{\sqrt{2\pi}}\,dz$ over the whole line: for a function that is analytic in a strip
of half-width $d$ the rule with step $h$ errs by about $e^{-2\pi d/h}$ (Trefethen and Weideman, *SIAM Review* 56, 2014,
theorem 5.1), which no Gauss rule with as many nodes does for tanh, whose poles are at $\pm i\pi/2$.
"""

import functools
import math

import numpy as np
from jaxtyping import Float

# exp(-z^2/2) = 2e-37 there: nothing is left of a square root of the density times anything bounded by a polynomial.
END = 13.0
# Half-width of the strip in which every activation is analytic: up to the poles of tanh, the nearest of all.
_STRIP = math.pi / 2
# Decades of the natural logarithm down to round-off, with room for the powers that derivatives bring.
_DEPTH = 50.0


def nodes(std: float, degree: int) -> Float[np.ndarray, " node"]:
    r"""Nodes fine enough for $E[\varphi(\sigma z) h_k(z)]$ with $\sigma \le$ `std` and $k <$ `degree`, to round-off.

    The step resolves the highest frequencies together: $\sqrt k$ of a Hermite function, and those of
    $\varphi(\sigma z)$, whose Fourier transform decays like $e^{-d|\omega|/\sigma}$.
    """
    highest = math.sqrt(degree) + _DEPTH * std / _STRIP + 2 * math.sqrt(_DEPTH)
    count = 2 * math.ceil(END * highest / math.pi) + 1
    return np.linspace(-END, END, count)


def weights(z: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    """The rule's weights: step times density."""
    return (z[1] - z[0]) * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


@functools.lru_cache(maxsize=8)
def hermite_functions(count: int, ends: int) -> Float[np.ndarray, "degree node"]:
    r"""Weighted Hermite polynomials: row $k$ times values of $f$ sums to $E[f(z) h_k(z)]$, $h_k = He_k/\sqrt{k!}$.

    Args:
        count: how many degrees.
        ends: how many nodes on $[-13, 13]$.

    The recurrence $\sqrt{k+1}\, h_{k+1} = z h_k - \sqrt k\, h_{k-1}$ is run on $h_k$ times the root of the density,
    which neither overflows nor loses digits.
    """
    z = np.linspace(-END, END, ends)
    weight = weights(z)
    root = np.sqrt(weight)
    rows = np.empty((count, ends))
    before, now = np.zeros_like(z), root.copy()
    for k in range(count):
        rows[k] = now
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return rows * root
