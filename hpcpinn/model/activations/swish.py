r"""$\varphi(z) = z\,\sigma(z)$, also called SiLU; by Leibniz $\varphi^{(k)} = z\,\sigma^{(k)} + k\,\sigma^{(k-1)}$."""

from jaxtyping import Array, Float

from hpcpinn.model.elementary import linear_product, logistic


def derivatives(z: Float[Array, "*row width"], order: int) -> tuple[Float[Array, "*row width"], ...]:
    """The function and its derivatives up to the given order."""
    return linear_product.derivatives(z, logistic.derivatives(z, order))
