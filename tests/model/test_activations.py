import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.model import activations

NAMES = ["erf", "gelu", "sin", "softplus", "swish", "tanh"]
FORMULAS = {
    "erf": math.erf,
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "sin": math.sin,
    "softplus": lambda z: math.log1p(math.exp(z)),
    "swish": lambda z: z / (1 + math.exp(-z)),
    "tanh": math.tanh,
}


def test_the_catalogue_is_what_the_contract_names():
    assert sorted(activations.ACTIVATIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_value_is_the_formula(name, eps):
    z = np.linspace(-5, 5, 41)
    (value,) = activations.activation(name)(jnp.asarray(z), 0)
    np.testing.assert_allclose(value, [FORMULAS[name](one) for one in z], rtol=20 * eps, atol=20 * eps)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_those_of_automatic_differentiation(name, eps):
    phi = activations.activation(name)
    z = jnp.linspace(-4, 4, 17)
    oracle = lambda one: phi(one[None], 0)[0][0]  # noqa: E731
    for order, row in enumerate(jax.jit(lambda z: phi(z, 4))(z)):
        np.testing.assert_allclose(row, jax.jit(jax.vmap(oracle))(z), rtol=0, atol=1e4 * eps, err_msg=f"order {order}")
        oracle = jax.grad(oracle)


@pytest.mark.parametrize("name", NAMES)
def test_lower_orders_are_the_same_numbers(name):
    phi, z = activations.activation(name), jnp.linspace(-2, 2, 5)
    full = phi(z, 4)
    for order in range(4):
        rows = phi(z, order)
        assert len(rows) == order + 1
        assert all(bool(jnp.all(row == other)) for row, other in zip(rows, full, strict=False))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overflows_far_out(name):
    rows = activations.activation(name)(jnp.asarray([-800.0, 800.0]), 4)
    assert all(bool(jnp.all(jnp.isfinite(row))) for row in rows)


def test_an_unknown_activation_names_the_nearest():
    with pytest.raises(errors.NetworkError, match=r"`tanhh` does not exist.*Did you mean `tanh`"):
        activations.activation("tanhh")
