r"""Gradient descent, $\theta \leftarrow \theta - \eta \nabla L(\theta)$, on all points at once."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.training import loss
from hpcpinn.training.loss import Weights


@functools.partial(jax.jit, static_argnames=("problem", "network", "weights"))
def descend(
    problem: Problem,
    network: Network,
    weights: Weights,
    params: Params,
    x: Mapping[str, Array],
    learning_rate: Float[Array, ""],
    steps: Int[Array, ""],
) -> Params:
    """The parameters after so many steps; one compilation for any number of steps and any learning rate."""

    def total(theta: Params) -> Float[Array, ""]:
        return jnp.sum(loss.term_losses(problem, network, weights, theta, x))

    def step(_: Int[Array, ""], theta: Params) -> Params:
        return jax.tree.map(lambda leaf, slope: leaf - learning_rate * slope, theta, jax.grad(total)(theta))

    return jax.lax.fori_loop(0, steps, step, params)


@dataclass(frozen=True)
class Descent:
    """`descend`, to be mapped over networks: points and steps are shared, parameters and learning rate are its own."""

    problem: Problem
    network: Network
    weights: Weights

    def __call__(
        self, shared: tuple[Mapping[str, Array], Int[Array, ""]], own: tuple[Params, Float[Array, ""]]
    ) -> Params:
        """The parameters after so many steps."""
        (x, steps), (params, rate) = shared, own
        return descend(self.problem, self.network, self.weights, params, x, rate, steps)
