r"""A training loop in plain JAX, as one would write it by hand for one problem.

The perceptron is four lines, the second derivatives come from JAX, steps from optax, and the loop runs on the device.
How the second derivatives are taken is what such loops differ in: by nested `jax.grad`, by `jax.hessian`, or forwards
over forwards, for one point under `vmap` or for all points at once.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from benchmarks.training.case import DEPTH, RATE, Case
from hpcpinn.model.networks.network import Params

Layers = list[tuple[Array, Array]]
Field = Callable[[Array], Array]
# A function of a point, and a point, to the second derivatives by every coordinate.
Seconds = Callable[[Field, Array], list[Array]]


class Contender(NamedTuple):
    """Somebody who trains.

    Attributes:
        take: so many more steps.
        read: where they have led, network by network.
    """

    take: Callable[[int], None]
    read: Callable[[], list[Layers]]


def layers(params: Params) -> Layers:
    """Weight and bias of every layer, from the parameters of the package."""
    names = [f"hidden_{k}" for k in range(1, DEPTH + 1)]
    return [(params[name]["weight"], params[name]["bias"]) for name in (*names, "output")]


def perceptron(params: Layers, x: Float[Array, "*row coordinate"]) -> Float[Array, "*row"]:
    """The field at a point, or at many."""
    *hidden, (weight, bias) = params
    for w, b in hidden:
        x = jnp.tanh(x @ w.T + b)
    return (x @ weight.T + bias)[..., 0]


def _forward(u: Field, x: Array) -> list[Array]:
    def along(direction: Array) -> Array:
        directions = jnp.broadcast_to(direction, x.shape)
        return jax.jvp(lambda y: jax.jvp(u, (y,), (directions,))[1], (x,), (directions,))[1]

    return [along(direction) for direction in jnp.eye(x.shape[-1])]


def _reverse(u: Field, x: Array) -> list[Array]:
    return [jax.grad(lambda y, k=k: jax.grad(u)(y)[k])(x)[k] for k in range(x.shape[-1])]


def _hessian(u: Field, x: Array) -> list[Array]:
    found = jax.hessian(u)(x)
    return [found[k, k] for k in range(x.shape[-1])]


def _by_point(seconds: Seconds) -> Seconds:
    def of_all(u: Field, x: Array) -> list[Array]:
        return jax.vmap(lambda one: seconds(u, one))(x)

    return of_all


WAYS: dict[str, Seconds] = {
    "forward": _by_point(_forward),
    "forward, all points": _forward,
    "reverse": _by_point(_reverse),
    "hessian": _by_point(_hessian),
}
# Of these at width 64.
FASTEST = {"poisson1d": "forward, all points", "helmholtz2d": "hessian"}


def _poisson1d(u: Field, seconds: Seconds, x: Mapping[str, Array]) -> Float[Array, ""]:
    def exact(points: Array) -> Array:
        return jnp.sin(jnp.pi * points[:, 0])

    inside, ends = x["residual"], x["boundary"]
    residual = sum(seconds(u, inside)) + jnp.pi**2 * exact(inside)
    return jnp.mean(residual**2) + jnp.mean((u(ends) - exact(ends)) ** 2)


def _helmholtz2d(u: Field, seconds: Seconds, x: Mapping[str, Array]) -> Float[Array, ""]:
    def exact(points: Array) -> Array:
        return jnp.sin(jnp.pi * points[:, 0]) * jnp.sin(4 * jnp.pi * points[:, 1])

    inside, walls = x["residual"], x["walls"]
    residual = sum(seconds(u, inside)) + u(inside) - (1 - 17 * jnp.pi**2) * exact(inside)
    return jnp.mean(residual**2) + jnp.mean((u(walls) - exact(walls)) ** 2)


LOSSES = {"poisson1d": _poisson1d, "helmholtz2d": _helmholtz2d}
RULES = {"gd": optax.sgd, "adam": optax.adam}


def training(case: Case, way: str, params: Params) -> Contender:
    """The loop, from these parameters."""
    rule, x = RULES[case.optimizer](RATE), case.x

    def loss(theta: Layers) -> Float[Array, ""]:
        return LOSSES[case.problem](lambda points: perceptron(theta, points), WAYS[way], x)

    def step(_: Any, state: tuple[Layers, Any]) -> tuple[Layers, Any]:
        theta, memory = state
        updates, memory = rule.update(jax.grad(loss)(theta), memory, theta)
        moved: Any = optax.apply_updates(theta, updates)
        return moved, memory

    run = jax.jit(lambda state, steps: jax.lax.fori_loop(0, steps, step, state), donate_argnums=0)
    first = jax.tree.map(jnp.copy, layers(params))
    now = (first, rule.init(first))

    def take(steps: int) -> None:
        nonlocal now
        now = jax.block_until_ready(run(now, steps))

    return Contender(take, lambda: [jax.tree.map(np.array, now[0])])
