"""What a cell of a study is made of: problem, points and network, from its configuration."""

from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from hpcpinn.model import catalogue
from hpcpinn.model.networks import architecture
from hpcpinn.model.networks.network import Network
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.study import configuration
from hpcpinn.study.configuration import Configuration


@dataclass(frozen=True)
class Setup:
    """One cell, ready for any seed.

    Attributes:
        configuration: of the cell.
        problem: what is solved.
        points: where.
        network: by what.
        taught: the problems of a curriculum, which are trained before it.
    """

    configuration: Configuration
    problem: Problem
    points: Points
    network: Network
    taught: tuple[Problem, ...] = ()


def setup(configuration: Configuration, folder: Path) -> Setup:
    """Make what a configuration describes; raises ProblemError and NetworkError for what cannot be made."""
    problem = problem_of(configuration, folder)
    points = points_of(configuration, problem)
    network = _network(configuration.network, problem, points)
    return Setup(configuration, problem, points, network, taught_of(configuration, folder))


def problem_of(configuration: Configuration, folder: Path, **others: float) -> Problem:
    """The problem with its parameters, or others; a relative file is looked for in the folder of the study."""
    return catalogue.problem(configuration.problem, folder=folder, **{**configuration.problem_parameters, **others})


def taught_of(configuration: Configuration, folder: Path) -> tuple[Problem, ...]:
    """The problems of the curriculum in their order: all parameters but one are those of the problem."""
    lesson = configuration.curriculum
    if not lesson.parameter:
        return ()
    return tuple(problem_of(configuration, folder, **{lesson.parameter: value}) for value in lesson.values)


def points_of(configuration: Configuration, problem: Problem) -> Points:
    """The points, the same for every seed of the network: they are drawn with `points.seed`."""
    points = configuration.points
    return problem.sample(points.counts, jax.random.key(points.seed), points.sampling)


def _network(section: configuration.Network, problem: Problem, points: Points) -> Network:
    shift, scale = _SCALINGS[section.input_scaling](problem, points)
    return architecture(section.architecture)(
        width=section.width,
        depth=section.depth,
        activation=section.activation,
        parametrization=section.parametrization,
        weight_std=section.weight_std,
        bias_std=section.bias_std,
        input_shift=shift,
        input_scale=scale,
    )


_Scaling = tuple[tuple[float, ...], tuple[float, ...]]


def _no_scaling(problem: Problem, points: Points) -> _Scaling:
    return (), ()


def _domain(problem: Problem, points: Points) -> _Scaling:
    """The domain becomes [-1, 1] in every coordinate."""
    ends = problem.coordinates.values()
    return tuple((low + high) / 2 for low, high in ends), tuple((high - low) / 2 for low, high in ends)


def _zscore(problem: Problem, points: Points) -> _Scaling:
    """Mean 0 and standard deviation 1 over the interior points (code of Wang, Yu and Perdikaris, arXiv 2007.14527)."""
    interior = [points[name] for name, term in problem.terms.items() if not term.faces]
    inside = np.concatenate(interior or [points.all])
    return tuple(map(float, inside.mean(axis=0))), tuple(map(float, inside.std(axis=0)))


_SCALINGS = {"none": _no_scaling, "domain": _domain, "zscore": _zscore}
