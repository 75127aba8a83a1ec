r"""Gaussian expectations of an activation and its derivatives, as Hermite coefficients.

For $(a, b)$ normal with standard deviations $\sigma, \sigma'$ and correlation $\rho$ (Mehler's formula),

    E[f(a) g(b)] = sum_k rho^k f_k(sigma) g_k(sigma'),      f_k(sigma) = E[f(sigma z) h_k(z)],   h_k = He_k / sqrt(k!)

a sum of products of one-dimensional integrals: positive semi-definite term by term, smooth in $\rho$ up to $\rho = 1$,
and for every smooth activation alike. It is cut off after as many coefficients as its own remainder asks for: what is
missing at $\rho = 1$, where it converges slowest, is known from Parseval's identity $\sum_k f_k^2 = E[f^2]$.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hpcpinn import errors
from hpcpinn.limit import quadrature
from hpcpinn.model import activations

# (activation, standard deviations, order) -> derivatives with respect to the variance
OfVariance = Callable[[str, Float[np.ndarray, " row"], int], Float[np.ndarray, "order row"]]

FEWEST, MOST = 64, 4096
_STEP = 16
_PIECE = 2**14
# Relative to E[f^2].
TOLERANCE = 1e-16


@dataclass(frozen=True)
class Expansion:
    """How far the coefficients of an activation go, and what is lost behind them.

    Attributes:
        activation: its name.
        order: the highest derivative.
        count: coefficients.
        nodes: nodes of the quadrature.
        error: what the coefficients leave out, relative to $E[f^2]$, of the derivative that loses most.
    """

    activation: str
    order: int
    count: int
    nodes: int
    error: float

    def coefficients(self, std: Float[np.ndarray, " row"]) -> Float[np.ndarray, "degree order row"]:
        r"""$E[\varphi^{(p)}(\sigma z) h_k(z)]$ for every row's standard deviation."""
        return _coefficients(self.activation, std, self.order, self.count, self.nodes)


def expansion(activation: str, order: int, largest: float) -> Expansion:
    """The shortest expansion of an activation and its derivatives for standard deviations up to the largest one.

    Raises:
        LimitError: more than 4096 coefficients are needed.
    """
    count = FEWEST
    while count <= MOST:
        nodes = len(quadrature.nodes(largest, count))
        missing = _missing(_coefficients(activation, np.array([largest]), order, count, nodes)[:, :, 0])
        # The last half stands for what comes behind all: it has to be as small as what may be left out.
        if missing[count // 2] < TOLERANCE:
            shortest = _STEP * math.ceil((int(np.argmax(missing < TOLERANCE)) + 1) / _STEP)
            return Expansion(activation, order, shortest, nodes, float(missing[shortest]))
        count *= 2
    raise errors.LimitError(
        f"the limit of `{activation}` with a preactivation of standard deviation {largest:.3g} needs more than {MOST} "
        "Hermite coefficients; allowed: a smaller one. Choose a smaller weight_std or bias_std."
    )


def _missing(coefficients: Float[np.ndarray, "degree order"]) -> Float[np.ndarray, " degree"]:
    """What is left out from each degree on, relative to the sum of squares, of the derivative that loses most."""
    squares = coefficients**2
    behind = np.cumsum(squares[::-1], axis=0)[::-1]
    return np.max(behind / np.where(behind[0] > 0, behind[0], 1.0), axis=1)


def mean_squares(activation: str, std: Float[np.ndarray, " row"], order: int) -> Float[np.ndarray, "order row"]:
    r"""Derivatives of $g(s) = E[\varphi(\sqrt s z)^2]$ at $s = \sigma^2$: $g^{(k)} = 2^{-k} E[(\varphi^2)^{(2k)}]$.

    The heat equation $\partial_s E[f(\sqrt s z)] = \frac12 E[f''(\sqrt s z)]$ (Price's theorem in one dimension), and
    Leibniz's rule for the derivatives of the square.
    """
    z, phi = _values(activation, std, 2 * order)
    squares = (
        sum(math.comb(2 * k, p) * phi[p] * phi[2 * k - p] for p in range(2 * k + 1)) / 2**k for k in range(order + 1)
    )
    return np.stack([square @ quadrature.weights(z) for square in squares])


def means(activation: str, std: Float[np.ndarray, " row"], order: int) -> Float[np.ndarray, "order row"]:
    r"""Derivatives of $E[\varphi(\sqrt s z)]$ at $s = \sigma^2$: $2^{-k} E[\varphi^{(2k)}]$."""
    z, phi = _values(activation, std, 2 * order)
    return np.stack([phi[2 * k] @ quadrature.weights(z) / 2**k for k in range(order + 1)])


def _values(activation: str, std: np.ndarray, order: int) -> tuple[np.ndarray, list[np.ndarray]]:
    z = quadrature.nodes(float(std.max(initial=0.0)), 1)
    return z, _derivatives(activation, std[:, None] * z, order)


def _derivatives(activation: str, z: np.ndarray, order: int) -> list[np.ndarray]:
    """The activation and its derivatives, in pieces of one size: one compiled program for all shapes."""
    flat = z.ravel()
    pieces = math.ceil(flat.size / _PIECE)
    padded = np.zeros((pieces, _PIECE))
    padded.ravel()[: flat.size] = flat
    found = [np.stack(_at(activation, order, jnp.asarray(piece))) for piece in padded]
    whole = np.concatenate(found, axis=1)[:, : flat.size]
    return list(whole.reshape(order + 1, *z.shape))


@functools.partial(jax.jit, static_argnums=(0, 1))
def _at(activation: str, order: int, z: Float[Array, " node"]) -> tuple[Float[Array, " node"], ...]:
    return activations.activation(activation)(z, order)


def _coefficients(
    activation: str, std: Float[np.ndarray, " row"], order: int, count: int, nodes: int
) -> Float[np.ndarray, "degree order row"]:
    z = np.linspace(-quadrature.END, quadrature.END, nodes)
    table = quadrature.hermite_functions(count, nodes)
    return np.stack([table @ row.T for row in _derivatives(activation, std[:, None] * z, order)], axis=1)
