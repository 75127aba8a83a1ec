"""One case: which problem, how wide, by which optimiser, and how many seeds."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Self

import jax.numpy as jnp
from jaxtyping import Array

from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.model.problems.helmholtz2d import Helmholtz2D
from hpcpinn.model.problems.poisson1d import Poisson1D

PROBLEMS: dict[str, Problem] = {"poisson1d": Poisson1D(), "helmholtz2d": Helmholtz2D()}
COUNTS = {"poisson1d": {"residual": 128, "boundary": 2}, "helmholtz2d": {"residual": 121, "walls": 32}}
DEPTH = 3
# So small that no run diverges: what is measured does not depend on it.
RATE = 1e-5


@dataclass(frozen=True)
class Case:
    """What all contenders are asked: steps of full-batch training in float64, tanh, standard parametrisation.

    Attributes:
        problem: its name.
        width: neurons of each of three hidden layers.
        optimizer: "gd" or "adam".
        seeds: networks.
    """

    problem: str
    width: int
    optimizer: str
    seeds: int = 1

    @property
    def description(self) -> Problem:
        """The problem itself."""
        return PROBLEMS[self.problem]

    @property
    def network(self) -> MLP:
        """The network in the words of the package: weights of variance 1/n, as a plain perceptron draws them."""
        return MLP(width=self.width, depth=DEPTH, parametrization="standard", bias_std=0.1)

    @property
    def points(self) -> Points:
        """Points in the interior and on the boundary."""
        return self.description.sample(COUNTS[self.problem])

    @property
    def x(self) -> dict[str, Array]:
        """The points of every term."""
        return {name: jnp.asarray(self.points[name]) for name in self.points.counts}


@dataclass(frozen=True)
class Record:
    """What one contender took.

    Attributes:
        case: what it was asked.
        contender: its name.
        seconds: per step of one network, one number for every turn.
        difference: of its parameters from those of the first contender, relative to these.
    """

    case: Case
    contender: str
    seconds: list[float]
    difference: float

    def line(self) -> str:
        """This record as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def read(cls, line: str) -> Self:
        """A record from its line."""
        parts: dict[str, Any] = json.loads(line)
        return cls(**{**parts, "case": Case(**parts["case"])})

    @property
    def fastest(self) -> float:
        """Seconds of the fastest turn: others add the machine's noise."""
        return min(self.seconds)
