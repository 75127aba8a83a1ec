"""The classical recursion of the limit with a closed form, differentiated by JAX: slow, obvious, and the oracle."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model import precision
from tests.kernel.conftest import draw

assert precision.MATMUL  # 64-bit numbers


def erf_limit(x, y, depth, weight_std=1.0, bias_std=1.0):
    """Covariance and tangent kernel of an erf perceptron between two points."""
    w, b = weight_std**2, bias_std**2
    own, mixed, other = (w * jnp.dot(p, q) / len(x) + b for p, q in ((x, x), (x, y), (y, y)))
    tangent = mixed
    for _ in range(depth):
        slope = 4 / math.pi / jnp.sqrt((1 + 2 * own) * (1 + 2 * other) - 4 * mixed**2)
        value = 2 / math.pi * jnp.arcsin(2 * mixed / jnp.sqrt((1 + 2 * own) * (1 + 2 * other)))
        own, other = (w * 2 / math.pi * jnp.arcsin(2 * s / (1 + 2 * s)) + b for s in (own, other))
        mixed = w * value + b
        tangent = mixed + w * slope * tangent
    return {"covariance": mixed, "kernel": tangent}


@pytest.fixture(scope="session")
def oracle():
    """A block of the limit: `left` and `right` are functions (u, x) -> L u (x)."""

    def of(part, left, right, rows, cols, depth, **scales):
        def at(x, y):
            return right(lambda b: left(lambda a: erf_limit(a, b, depth, **scales)[part], x), y)

        return np.asarray(jax.jit(jax.vmap(jax.vmap(at, (None, 0)), (0, None)))(rows, cols))

    return of


@pytest.fixture(scope="session", name="draw")
def _draw():
    return draw
