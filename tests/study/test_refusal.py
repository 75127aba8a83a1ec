"""The words of every refusal: the value, what is allowed, and what to type next."""

import pytest

ACTIVATIONS = "erf, gelu, sin, softplus, swish, tanh"
NETWORK = "activation, architecture, bias_std, depth, input_scaling, parametrization, weight_std, width"
TOP = (
    "batch, curriculum, kernel, limit, name, network, optimizer, points, preset, problem, problem_parameters, sweep, "
    "training, weighting, weights"
)
OPTIMIZERS = "adam, gd, lbfgs, levenberg_marquardt, linearized"
CAUSALITY = "allowed: an increasing list of positive numbers, one after the other the decay of weights."
WIDTH = "a positive integer, the units of a hidden layer"

REFUSALS = {
    "misspelt key": (
        {"network__widht": 64},
        f"`widht = 64` is not a key of [network]; allowed: {NETWORK}. Did you mean `width`? Correct or remove it.",
    ),
    "key of another section": (
        {"network__steps": 64},
        f"`steps = 64` is not a key of [network]; allowed: {NETWORK}. Write it under [training].",
    ),
    "misspelt section": (
        {"netwrok": {"width": 3}},
        f"`netwrok` is not a key or section of a study; allowed: {TOP}. Did you mean `network`? Correct or remove it.",
    ),
    "section of a later version": (
        {"diagnostics__signal": True},
        f"`diagnostics` is not a key or section of a study; allowed: {TOP}. Correct or remove it.",
    ),
    "key above its section": (
        {"activation": "tanh"},
        f"`activation` is not a key or section of a study; allowed: {TOP}. Write it under [network].",
    ),
    "misspelt choice": (
        {"network__activation": "tahn"},
        f'`network.activation` cannot be "tahn"; allowed: {ACTIVATIONS}. Did you mean `tanh`? '
        'Write for example `activation = "tanh"` under [network].',
    ),
    "misspelt choice in a sweep": (
        {"sweep": {"network.activation": ["sin", "tahn"]}},
        f'`network.activation` cannot be "tahn"; allowed: {ACTIVATIONS}. Did you mean `tanh`? '
        'Write for example `"network.activation" = ["tanh"]` under [sweep].',
    ),
    "unavailable choice": (
        {"training__steps": 5, "training__optimizer": "kfac"},
        f'`training.optimizer` cannot be "kfac"; allowed: {OPTIMIZERS}. '
        'Write for example `optimizer = "gd"` under [training].',
    ),
    "list outside the sweep": (
        {"network__activation": ["tanh", "sin"]},
        '`network.activation` cannot be ["tanh", "sin"]; allowed: one value. '
        'Write `"network.activation" = ["tanh", "sin"]` under [sweep] to study them all.',
    ),
    "list of rows outside the sweep": (
        {"points__residual": [1, 2]},
        "`points.residual` cannot be [1, 2]; allowed: one value. "
        'Write `"points.residual" = [1, 2]` under [sweep] to study them all.',
    ),
    "list where none can be swept": (
        {"kernel__tile": [256]},
        "`kernel.tile` cannot be [256]; allowed: a positive integer, the rows of one tile. "
        "Write for example `tile = 1024` under [kernel].",
    ),
    "text for an integer": (
        {"sweep__width": None, "network__width": "64"},
        f'`network.width` cannot be "64"; allowed: {WIDTH}. Write for example `width = 64` under [network].',
    ),
    "negative width in a sweep": (
        {"sweep__width": [64, -1]},
        f"`network.width` cannot be -1; allowed: {WIDTH}. Write for example `width = [64, 256, 1024]` under [sweep].",
    ),
    "negative number": (
        {"network__bias_std": -1},
        "`network.bias_std` cannot be -1; allowed: zero or a positive number. "
        "Write for example `bias_std = 1.0` under [network].",
    ),
    "missing width": (
        {"sweep__width": None},
        f"`network.width` is missing; allowed: {WIDTH}. Write for example `width = 64` under [network], "
        "or `width = [64, 256, 1024]` under [sweep].",
    ),
    "missing steps": (
        {"training__loss": "sum"},
        "`training.steps` is missing; allowed: a positive integer. Write for example `steps = 10000` under [training].",
    ),
    "learning rate": (
        {"training__steps": 10, "training__learning_rate": "fast"},
        '`training.learning_rate` cannot be "fast"; allowed: a positive number, or a fraction of the stability edge '
        'written as "0.5 edge". Write for example `learning_rate = "0.5 edge"` under [training].',
    ),
    "record without step 0": (
        {"training__steps": 10, "training__record": [1, 5]},
        "`training.record` cannot be [1, 5]: it does not begin with step 0, from which drifts are measured; allowed: "
        "an increasing list of steps from 0 to at most `training.steps`. "
        "Write for example `record = [0, 1, 5]` under [training].",
    ),
    "record beyond the end": (
        {"training__steps": 10, "training__record": [0, 5, 50]},
        "`training.record` cannot be [0, 5, 50]: it goes beyond the last of 10 steps; allowed: "
        "an increasing list of steps from 0 to at most `training.steps`. "
        "Write for example `record = [0, 5, 10]` under [training].",
    ),
    "record out of order": (
        {"training__steps": 10, "training__record": [0, 5, 2, 5]},
        "`training.record` cannot be [0, 5, 2, 5]: it is not increasing; allowed: "
        "an increasing list of steps from 0 to at most `training.steps`. "
        "Write for example `record = [0, 2, 5]` under [training].",
    ),
    "record of swept steps": (
        {"training__loss": "sum", "sweep": {"width": 8, "depth": 1, "training.steps": [5, 10]}},
        "`training.record` is missing while `training.steps` is swept; allowed: one list of steps that all cells "
        "reach. Write for example `record = [0, 5]` under [training].",
    ),
    "empty causality": (
        {"training__steps": 10, "training__weighting": "causal", "weighting__causality": []},
        f"`weighting.causality` cannot be []: it is empty; {CAUSALITY} Write for example `causality = [1.0]` "
        "under [weighting].",
    ),
    "causality out of order": (
        {"training__steps": 10, "training__weighting": "causal", "weighting__causality": [10, 1, 10]},
        f"`weighting.causality` cannot be [10, 1, 10]: it is not increasing; {CAUSALITY} Write for example "
        "`causality = [1.0, 10.0]` under [weighting].",
    ),
    "causality of another sign": (
        {"training__steps": 10, "training__weighting": "causal", "weighting__causality": [-1, 1]},
        f"`weighting.causality` cannot be [-1, 1]; {CAUSALITY} Write for example "
        "`causality = [0.01, 0.1, 1.0, 10.0, 100.0]` under [weighting].",
    ),
    "one number for causality": (
        {"training__steps": 10, "training__weighting": "causal", "weighting__causality": 1.0},
        f"`weighting.causality` cannot be 1.0; {CAUSALITY} Write for example "
        "`causality = [0.01, 0.1, 1.0, 10.0, 100.0]` under [weighting].",
    ),
    "swept causality": (
        {
            "training__steps": 10,
            "training__weighting": "causal",
            "sweep": {"width": 8, "depth": 1, "weighting.causality": [1.0, 10.0]},
        },
        "`weighting.causality` cannot be swept: it is a list, which a run goes through; allowed: its own section. "
        "Write `causality = [0.01, 0.1, 1.0, 10.0, 100.0]` under [weighting].",
    ),
    "threshold that no weight exceeds": (
        {"training__steps": 10, "training__weighting": "causal", "weighting__threshold": 1},
        "`weighting.threshold` cannot be 1; allowed: a number between 0 and 1, which the least weight exceeds before "
        "the next of `causality`. Write for example `threshold = 0.99` under [weighting].",
    ),
    "no slices": (
        {"training__steps": 10, "training__weighting": "causal", "weighting__slices": 0},
        "`weighting.slices` cannot be 0; allowed: a positive integer up to 65536, the slices of time. "
        "Write for example `slices = 32` under [weighting].",
    ),
    "no terms": (
        {"points": {}},
        "[points] names no term; allowed: at least one term of the problem with its number of rows. "
        "Write for example `residual = 64` under [points].",
    ),
    "misspelt key among the terms": (
        {"points__samplng": "grid"},
        '`points.samplng` cannot be "grid"; allowed: a positive integer, the rows of a term. '
        'Did you mean `sampling`? Write for example `sampling = "grid"` under [points].',
    ),
    "no rows": (
        {"points__residual": 0},
        "`points.residual` cannot be 0; allowed: a positive integer, the rows of a term. "
        "Write for example `residual = 64` under [points].",
    ),
    "name of a term": (
        {"points__a-b": 3},
        "`a-b` in [points] cannot name a term; allowed: letters, digits and `_`, not beginning with a digit. "
        "Rename or remove `a-b = 3`.",
    ),
    "name of a parameter": (
        {"problem_parameters": {"a.b": 3}},
        "`a.b` in [problem_parameters] cannot name a parameter; allowed: letters, digits and `_`, not beginning with "
        'a digit. Rename or remove `"a.b" = 3`.',
    ),
    "value of a parameter": (
        {"problem_parameters": {"beta": float("inf")}},
        "`problem_parameters.beta` cannot be inf; allowed: a finite number, a text, true or false. "
        "Write for example `beta = 1` under [problem_parameters].",
    ),
}


@pytest.mark.parametrize(("changes", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_names_the_value_what_is_allowed_and_the_next_step(text, refusal, changes, message):
    assert refusal(text(**changes)) == message


@pytest.mark.parametrize("value", [True, 64.0, 64.5, "64", 0, 2**63])
@pytest.mark.parametrize("place", ["sweep", "network"])
def test_a_width_is_a_positive_integer_wherever_it_stands(text, refusal, value, place):
    message = refusal(text(**{"sweep__width": None} | {f"{place}__width": value}))
    assert message.startswith("`network.width` cannot be ")
    assert f"under [{place}]" in message


def test_a_misspelt_key_is_told_before_the_one_it_leaves_missing(text, refusal):
    assert "`widht = 64`" in refusal(text(sweep__width=None, network__widht=64))
