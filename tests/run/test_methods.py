"""The method of a cell has the options of its study."""

import pytest

from hpcpinn.run.methods import decay, method_of
from hpcpinn.study import methods
from hpcpinn.training.method import Method
from hpcpinn.training.optimizers.adam import Adam
from hpcpinn.training.optimizers.gd import GradientDescent
from hpcpinn.training.optimizers.lbfgs import LBFGS
from hpcpinn.training.optimizers.levenberg_marquardt import LevenbergMarquardt
from hpcpinn.training.optimizers.linearized import LinearizedDescent
from hpcpinn.training.schedules import STEADY, Decay
from hpcpinn.training.weightings.average import Average
from hpcpinn.training.weightings.causal import Causal
from hpcpinn.training.weightings.fixed import NONE
from hpcpinn.training.weightings.gradient_annealing import GradientAnnealing
from hpcpinn.training.weightings.ntk import NTK
from hpcpinn.training.weightings.residual_attention import ResidualAttention

FALLING = "decay = 0.9\ndecay_every = 5000\ndecay_stairs = true\n"
FALLS = Decay(0.9, 5000, stairs=True)

# What stands under [training] and in [optimizer], and what comes of it; first without any option.
OPTIMIZERS = {
    "gd": [("", "", GradientDescent(STEADY)), (FALLING, "", GradientDescent(FALLS))],
    "adam": [
        ("learning_rate = 0.01\n", "", Adam()),
        ("learning_rate = 0.01\n" + FALLING, "b1 = 0.5\nb2 = 0.75\neps = 0.125\n", Adam(0.5, 0.75, 0.125, FALLS)),
    ],
    "lbfgs": [("", "", LBFGS()), ("", "pairs = 3\nsearches = 7\n", LBFGS(memory=3, searches=7))],
    "levenberg_marquardt": [
        ("", "", LevenbergMarquardt()),
        (
            "",
            "damping = 0.5\nlowest_damping = 0.25\nhighest_damping = 8.0\ntries = 3\n"
            'solver = "cg"\niterations = 5\ntolerance = 0.125\n',
            LevenbergMarquardt(0.5, 0.25, 8.0, 3, "cg", 5, 0.125),
        ),
    ],
    "linearized": [
        ("", "", LinearizedDescent()),
        (FALLING, "renewed = 4\n", LinearizedDescent(4, FALLS)),
    ],
}
WEIGHTINGS = {
    "none": [("", NONE)],
    "fixed": [("[weights]\nboundary = 2.0\n", NONE)],
    "ntk": [
        ("", NTK()),
        ('[weighting]\nevery = 3\naverage = 0.5\ndiagonal = "mean"\n', NTK(Average(3, 0.5), "mean")),
        ("[weighting]\naverage = 0.5\n", NTK(Average(100, 0.5))),
    ],
    "gradient_annealing": [
        ("", GradientAnnealing()),
        (
            '[weighting]\nevery = 3\naverage = 0.5\ngradient = "layers"\ndenominator = "weighted"\nbiases = false\n',
            GradientAnnealing(Average(3, 0.5), "layers", "weighted", biases=False),
        ),
        ("[weighting]\nevery = 3\n", GradientAnnealing(Average(3, 0.9))),
    ],
    "residual_attention": [
        ("", ResidualAttention()),
        (
            "[weighting]\nmemory = 0.5\nrate = 0.25\ninitial = 0.125\n"
            'scale = "min_max"\nwhole_first = true\nterms = "all"\n',
            ResidualAttention(0.5, 0.25, 0.125, "min_max", whole_first=True, terms="all"),
        ),
    ],
    "causal": [
        ("", Causal()),
        (
            '[weighting]\nslices = 4\ncoordinate = "x"\ncausality = [1, 2.5]\nthreshold = 0.5\n',
            Causal(4, "x", (1.0, 2.5), 0.5),
        ),
    ],
}
WITH_OPTIMIZER = [(name, *case) for name, cases in OPTIMIZERS.items() for case in cases]
WITH_WEIGHTING = [(name, *case) for name, cases in WEIGHTINGS.items() for case in cases]


@pytest.fixture
def method(cell):
    def of(rest: str) -> Method:
        found = cell(rest=f"[training]\nsteps = 10\n{rest}")
        return method_of(found, found.configuration.training)

    return of


def test_every_optimizer_and_weighting_of_a_study_is_tried():
    assert OPTIMIZERS.keys() == methods.READ["optimizer"].keys()
    assert WEIGHTINGS.keys() == methods.READ["weighting"].keys()


@pytest.mark.parametrize(("name", "training", "options", "optimizer"), WITH_OPTIMIZER)
def test_an_optimizer_has_its_options(method, name, training, options, optimizer):
    assert method(f'optimizer = "{name}"\n{training}[optimizer]\n{options}').optimizer == optimizer


@pytest.mark.parametrize(("name", "rest", "weighting"), WITH_WEIGHTING)
def test_a_weighting_has_its_options(method, name, rest, weighting):
    assert method(f'weighting = "{name}"\n{rest}').weighting == weighting


def test_the_plan_knows_how_often_weights_are_measured():
    rules = {"ntk": NTK(), "gradient_annealing": GradientAnnealing()}
    assert {name: rule.average.every for name, rule in rules.items()} == methods.EVERY


def test_factors_of_terms_are_those_of_the_study(method):
    assert method('weighting = "ntk"\n[weights]\nboundary = 3\n').base == (("boundary", 3.0),)
    assert method("").base == ()


@pytest.mark.parametrize("name", ["mean", "sum", "half_mean", "half_sum"])
def test_the_objective_has_the_constants_of_the_loss(method, name):
    assert method(f'loss = "{name}"\n').objective.normalization == name


def test_the_objective_has_the_precision_of_the_training(method):
    assert method("").objective.precision == "float64"
    assert method('precision = "float32"\n').objective.precision == "float32"


def test_a_learning_rate_falls_as_the_study_says(cell):
    assert decay(cell(rest="[training]\nsteps = 10\n").configuration.training) == STEADY
    assert decay(cell(rest=f"[training]\nsteps = 10\n{FALLING}").configuration.training) == FALLS
