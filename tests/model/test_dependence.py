import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hpcpinn.model.dependence import directions
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior

CANDIDATES = ((2, 0), (0, 2))
READS = [(field, index) for field in range(2) for index in itertools.product(range(3), repeat=2)]
TOGETHER = {(1, 1)}
APART = {(1, 0), (0, 1)}
NUMBER, WHOLE, ROW = jnp.float64(0.3), jnp.asarray(3), jnp.arange(1.0, 3.0)


def directions_of(residual):
    namespace = {
        "__annotations__": {"stiffness": float},
        "coordinates": {"x": (0.0, 1.0), "y": (0.0, 1.0)},
        "fields": ("u", "v"),
        "stiffness": 0.7,
        "residual": interior(residual),
    }
    problem = type("Mine", (Problem,), namespace)()
    return directions(problem, problem.terms["residual"], READS, CANDIDATES)


def laplacian(f):
    return f.u_xx + f.u_yy


@jax.jit
def compiled(a, b):
    return {"difference": jnp.subtract(a, b) / 2.0, "first": a}


@jax.custom_jvp
def own_derivative(a, b):
    return a + b


own_derivative.defjvps(lambda t, _, a, b: t, lambda t, _, a, b: 0.0 * t)


LINEAR = {
    "a sum": (lambda self, p, f: f.u_xx + f.u_yy + f.u_xy + p.x, {(1, 1)}),
    "a difference of multiples": (lambda self, p, f: 0.1 * f.u_xx - f.u_yy * 0.4, {(Fraction(-1, 4), 1)}),
    "a parameter": (lambda self, p, f: self.stiffness * (f.u_xx - 2 * f.u_yy), {(Fraction(-1, 2), 1)}),
    "a quotient": (lambda self, p, f: -(f.u_xx + 2 * f.u_yy) / 3 + f.u, {(Fraction(1, 2), 1)}),
    "a sum in a loop": (lambda self, p, f: sum([f.u_xx, f.u_yy, f.u_xx]), {(1, Fraction(1, 2))}),
    "one alone": (lambda self, p, f: f.u_yy + f.v_x, {(0, 1)}),
    "what cancels": (lambda self, p, f: f.u_xx + f.u_yy - f.u_xx, {(0, 1)}),
    "what cancels entirely": (lambda self, p, f: f.u_xx + f.u - f.u_xx, set()),
    "a coefficient of zero": (lambda self, p, f: 0 * f.u_xx + f.u_yy, {(0, 1)}),
    "nothing that was asked about": (lambda self, p, f: f.u_x * f.v_xy, set()),
    "the same of two fields": (lambda self, p, f: laplacian(f) / 3 - self.stiffness * (f.v_xx + f.v_yy), TOGETHER),
    "constants of the module": (lambda self, p, f: NUMBER * f.u_xx + f.u_yy * np.float64(0.3), TOGETHER),
    "whole constants": (lambda self, p, f: WHOLE * f.u_xx + 3 * f.u_yy, TOGETHER),
    "arithmetic of constants": (
        lambda self, p, f: (jnp.asarray(2.0) * 3 - 1) * f.u_xx + -jnp.asarray(-10.0) / 2 * f.u_yy,
        TOGETHER,
    ),
    "a compiled function": (
        lambda self, p, f: compiled(f.u_xx, f.u_yy)["difference"] + 0.5 * compiled(f.u_yy, 0.0)["first"],
        {(1, 0)},
    ),
    "arrays of one entry": (lambda self, p, f: jnp.squeeze(f.u_xx[None] + jnp.reshape(f.u_yy, (1,))), TOGETHER),
}

THROUGH = {
    "a function": (lambda self, p, f: jnp.exp(laplacian(f)) + f.u_x, TOGETHER),
    "a square of one field and another field": (lambda self, p, f: laplacian(f) ** 2 + 2 * (f.v_xx + f.v_yy), TOGETHER),
    "a factor that varies": (lambda self, p, f: jnp.sin(p.x) * laplacian(f) + f.u * laplacian(f), TOGETHER),
    "a condition": (lambda self, p, f: jnp.where(laplacian(f) > p.x, f.u, 2.0 * laplacian(f)), TOGETHER),
    "a branch": (lambda self, p, f: jax.lax.cond(p.x > 0, jnp.sin, jnp.cos, laplacian(f)), TOGETHER),
    "a vector": (lambda self, p, f: jnp.sum(ROW * laplacian(f)) + jnp.stack([laplacian(f), f.u])[0], TOGETHER),
    "a gradient that is stopped": (lambda self, p, f: jax.lax.stop_gradient(laplacian(f)) * f.u, TOGETHER),
    "two combinations": (lambda self, p, f: laplacian(f) * (f.u_xx - f.u_yy), {(1, 1), (1, -1)}),
    "different combinations of two fields": (lambda self, p, f: laplacian(f) + f.v_xx - f.v_yy, {(1, 1), (1, -1)}),
}

SEPARATE = {
    "a product": lambda self, p, f: f.u_xx * f.u_yy,
    "a factor that varies for one": lambda self, p, f: p.x * f.u_xx + p.y * f.u_yy,
    "a factor that varies for each": lambda self, p, f: f.u * f.u_xx + f.u * f.u_yy,
    "a choice by place": lambda self, p, f: jnp.where(p.x > 0, f.u_xx, f.u_yy),
    "a branch by place": lambda self, p, f: jax.lax.cond(p.x > 0, lambda: f.u_xx, lambda: f.u_yy),
    "a loop": lambda self, p, f: jax.lax.fori_loop(0, 2, lambda _, s: s + f.u_yy, f.u_xx),
    "a gradient that is stopped for one": lambda self, p, f: f.u_xx + jax.lax.stop_gradient(f.u_yy),
    "a function with a derivative of its own": lambda self, p, f: own_derivative(f.u_xx, f.u_yy),
    "a division without remainder": lambda self, p, f: 1.0 * (f.u_xx.astype(int) + f.u_yy.astype(int)),
    "single precision": lambda self, p, f: f.u_xx.astype(jnp.float32) + f.u_yy,
    "a division by zero": lambda self, p, f: f.u_xx / 0.0 + f.u_yy / 0.0,
    "a constant that is not finite": lambda self, p, f: jnp.inf * f.u_xx + jnp.inf * f.u_yy,
    "constants that are not uniform": lambda self, p, f: (ROW * f.u_xx + ROW * f.u_yy)[0],
    "complex numbers": lambda self, p, f: jnp.real(1j * f.u_xx + 1j * f.u_yy),
}


@pytest.mark.parametrize(("residual", "expected"), LINEAR.values(), ids=LINEAR)
def test_fixed_combinations_are_read_off_exactly(residual, expected):
    assert directions_of(residual) == expected


@pytest.mark.parametrize(("residual", "expected"), THROUGH.values(), ids=THROUGH)
def test_functions_of_combinations_keep_the_combinations(residual, expected):
    assert directions_of(residual) == expected


@pytest.mark.parametrize("residual", SEPARATE.values(), ids=SEPARATE)
def test_what_is_not_known_to_be_linear_separates(residual):
    assert directions_of(residual) == APART
