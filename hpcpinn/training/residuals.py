"""The rows of all terms, which training makes small."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from hpcpinn.model import evaluation
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.problem import Problem


@dataclass(frozen=True)
class Residuals:
    """The residuals of a network, to be mapped over networks: points are shared, parameters are its own."""

    problem: Problem
    network: Network

    def __call__(self, x: Mapping[str, Array], params: Params) -> Float[Array, " row"]:
        """All rows, one term after the other in the order of the problem: a compiled function sorts a mapping."""
        linear, terms = self.network.affine(params), self.problem.terms.items()
        return jnp.concatenate(
            [evaluation.residuals(self.problem, term, self.network, linear, x[name]) for name, term in terms]
        )
