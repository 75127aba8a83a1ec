"""The method of a cell: its optimiser, its weighting and its objective, from its configuration."""

from collections.abc import Callable

from hpcpinn.run.setup import Setup
from hpcpinn.study.configuration import Configuration, Training
from hpcpinn.training.batches.batches import Batches
from hpcpinn.training.batches.domain import FromDomain
from hpcpinn.training.batches.points import FromPoints
from hpcpinn.training.batches.whole import WHOLE
from hpcpinn.training.method import Method
from hpcpinn.training.objective import Objective
from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.optimizers.gd import GradientDescent
from hpcpinn.training.optimizers.lbfgs import LBFGS
from hpcpinn.training.optimizers.levenberg_marquardt import LevenbergMarquardt
from hpcpinn.training.optimizers.linearized import LinearizedDescent
from hpcpinn.training.optimizers.optimizer import Optimizer
from hpcpinn.training.schedules import Decay
from hpcpinn.training.weightings.average import Average
from hpcpinn.training.weightings.causal import Causal
from hpcpinn.training.weightings.fixed import NONE
from hpcpinn.training.weightings.gradient_annealing import GradientAnnealing
from hpcpinn.training.weightings.ntk import NTK
from hpcpinn.training.weightings.residual_attention import ResidualAttention
from hpcpinn.training.weightings.weighting import Weighting


def method_of(cell: Setup, training: Training) -> Method:
    """How the networks of a cell are trained."""
    configuration = cell.configuration
    objective = Objective(cell.problem, cell.network, training.loss, training.precision)
    optimizer = _OPTIMIZERS[training.optimizer](configuration, decay(training))
    return Method(
        objective,
        optimizer,
        _WEIGHTINGS[training.weighting](configuration),
        tuple(configuration.weights.of_terms.items()),
        _batches(configuration),
    )


def _batches(cell: Configuration) -> Batches:
    rows, every = tuple(cell.batch.rows.items()), cell.batch.every
    if not rows:
        return WHOLE
    return FromDomain(rows, every) if cell.batch.drawn_from == "domain" else FromPoints(rows, every)


def decay(training: Training) -> Decay:
    """How the learning rate falls."""
    return Decay(training.decay, training.decay_every, training.decay_stairs)


def _adam(cell: Configuration, falls: Decay) -> Adam:
    return Adam(cell.optimizer.b1, cell.optimizer.b2, cell.optimizer.eps, falls)


def _lbfgs(cell: Configuration, _: Decay) -> LBFGS:
    return LBFGS(cell.optimizer.pairs, cell.optimizer.searches)


def _levenberg_marquardt(cell: Configuration, _: Decay) -> LevenbergMarquardt:
    options = cell.optimizer
    return LevenbergMarquardt(
        damping=options.damping,
        lowest=options.lowest_damping,
        highest=options.highest_damping,
        tries=options.tries,
        solver=options.solver,
        iterations=options.iterations,
        tolerance=options.tolerance,
    )


_OPTIMIZERS: dict[str, Callable[[Configuration, Decay], Optimizer]] = {
    "gd": lambda cell, falls: GradientDescent(falls),
    "adam": _adam,
    "lbfgs": _lbfgs,
    "levenberg_marquardt": _levenberg_marquardt,
    "linearized": lambda cell, falls: LinearizedDescent(cell.optimizer.renewed or None, falls),
}


def _ntk(cell: Configuration) -> NTK:
    return NTK(_average(cell, NTK().average), cell.weighting.diagonal)


def _gradient_annealing(cell: Configuration) -> GradientAnnealing:
    options = cell.weighting
    average = _average(cell, GradientAnnealing().average)
    return GradientAnnealing(average, options.gradient, options.denominator, options.biases)


def _residual_attention(cell: Configuration) -> ResidualAttention:
    options = cell.weighting
    return ResidualAttention(
        memory=options.memory,
        rate=options.rate,
        initial=options.initial,
        scale=options.scale,
        whole_first=options.whole_first,
        terms=options.terms,
    )


def _causal(cell: Configuration) -> Causal:
    options = cell.weighting
    return Causal(options.slices, options.coordinate, options.causality, options.threshold)


def _average(cell: Configuration, default: Average) -> Average:
    options = cell.weighting
    share = default.share if options.average is None else options.average
    return Average(options.every or default.every, share)


_WEIGHTINGS: dict[str, Callable[[Configuration], Weighting]] = {
    "none": lambda cell: NONE,
    "fixed": lambda cell: NONE,
    "ntk": _ntk,
    "gradient_annealing": _gradient_annealing,
    "residual_attention": _residual_attention,
    "causal": _causal,
}
