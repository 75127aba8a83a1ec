"""The problem of the benchmark in the words of the package, and the parameters that all contenders share."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from benchmarks.kernel.case import Case
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.network import Params
from hpcpinn.model.point import Fields, Point
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import interior


class SecondDerivative(Problem):
    """u_xx on [-1, 1]: the rows of the smallest residual that needs second derivatives."""

    coordinates = {"x": (-1.0, 1.0)}  # noqa: RUF012 -- as problems declare them

    @interior
    def residual(self, p: Point, f: Fields) -> Array:
        """The second derivative."""
        return f.u_xx


PROBLEM = SecondDerivative()


def network(case: Case) -> MLP:
    """tanh, NTK parametrisation, standard deviations 1."""
    return MLP(width=case.width, depth=case.depth)


def points(case: Case) -> Points:
    """A grid."""
    return PROBLEM.sample({"residual": case.rows})


def parameters(case: Case, seed: int = 0) -> Params:
    """The parameters of one seed, in the precision of the case."""
    drawn = network(case).init(jax.random.key(seed), PROBLEM)
    return jax.tree.map(lambda leaf: leaf.astype(jnp.dtype(case.precision)), drawn)
