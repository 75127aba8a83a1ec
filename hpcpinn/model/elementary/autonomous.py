r"""Functions that satisfy a polynomial differential equation $y' = p(y)$, such as tanh and the logistic function.

Every derivative of such a function is a polynomial in the function itself: $y^{(k+1)} = P_k'(y)\,p(y)$ with $P_0(y) =
y$.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float
from numpy.polynomial import Polynomial


def derivatives(y: Float[Array, "*row width"], slope: Polynomial, order: int) -> tuple[Float[Array, "*row width"], ...]:
    r"""$y, y', \ldots, y^{(\text{order})}$ from the values $y$ and the polynomial $p$ of $y' = p(y)$."""
    polynomials = [Polynomial([0.0, 1.0])]
    for _ in range(order):
        polynomials.append(polynomials[-1].deriv() * slope)
    return tuple(_evaluate(polynomial, y) for polynomial in polynomials)


def _evaluate(polynomial: Polynomial, y: Float[Array, "*row width"]) -> Float[Array, "*row width"]:
    return jnp.polyval(jnp.asarray(polynomial.coef[::-1], y.dtype), y)
