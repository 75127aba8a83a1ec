"""The path of the parameters through training, seen at the recorded steps."""

from collections.abc import Iterator, Mapping, Sequence

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem
from hpcpinn.training import gd
from hpcpinn.training.loss import Weights

# Steps in one call of the compiled loop: an interrupt is noticed between calls, and the bits do not depend on it.
_STRIDE = 1000


def trajectory(
    problem: Problem,
    network: Network,
    weights: Weights,
    params: Params,
    x: Mapping[str, Array],
    learning_rate: float,
    record: Sequence[int],
) -> Iterator[Params]:
    """The parameters at every recorded step, in increasing order; step 0 is the initialisation."""
    rate = jnp.asarray(learning_rate)
    step = 0
    for recorded in record:
        while step < recorded:
            stride = min(_STRIDE, recorded - step)
            params = gd.descend(problem, network, weights, params, x, rate, jnp.asarray(stride))
            step += stride
        yield params
