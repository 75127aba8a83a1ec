r"""Products with the argument itself: $(z\,g)^{(k)} = z\,g^{(k)} + k\,g^{(k-1)}$ (Leibniz)."""

from jaxtyping import Array, Float


def derivatives(
    z: Float[Array, "*row width"], factor: tuple[Float[Array, "*row width"], ...]
) -> tuple[Float[Array, "*row width"], ...]:
    r"""The derivatives of $z\,g(z)$ from those of $g$."""
    higher = (z * factor[k] + k * factor[k - 1] for k in range(1, len(factor)))
    return (z * factor[0], *higher)
