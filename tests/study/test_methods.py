"""What goes together in training, and which optimiser or weighting reads which key."""

import pytest

from hpcpinn.study import keys, methods
from hpcpinn.study.configuration import Optimizer, Training, Weighting

EDGE = "the stability edge is that of gradient descent"
MOVING = ("ntk", "gradient_annealing", "residual_attention", "causal")
SECTIONS = {"optimizer": Optimizer, "weighting": Weighting}


def trained(optimizer="gd", weighting="none", **more):
    """Changes of the small study with which it trains in this way."""
    rate = {"training__learning_rate": 1e-3} if optimizer == "adam" else {}
    factors = {"weights__boundary": 2.0} if weighting == "fixed" else {}
    way = {"training__steps": 10, "training__optimizer": optimizer, "training__weighting": weighting}
    return way | rate | factors | more


@pytest.mark.parametrize("section", methods.READ)
def test_every_rule_is_known_and_every_key_is_read_by_one(section):
    assert set(methods.READ[section]) == set(keys.find("training", section).choices)
    assert {key for read in methods.READ[section].values() for key in read} == set(SECTIONS[section].model_fields)


def test_optimizers_with_a_learning_rate_are_optimizers():
    assert set(methods.RATED) < set(methods.READ["optimizer"])
    assert set(methods._OF_RATE) < set(Training.model_fields)


@pytest.mark.parametrize("weighting", methods.READ["weighting"])
@pytest.mark.parametrize("optimizer", methods.READ["optimizer"])
def test_optimizers_and_weightings_go_together_but_for_lbfgs_and_a_loss_that_moves(study, optimizer, weighting):
    if optimizer == "lbfgs" and weighting in MOVING:
        return
    found = study(**trained(optimizer, weighting)).configuration((0, 0)).training
    assert (found.optimizer, found.weighting) == (optimizer, weighting)


@pytest.mark.parametrize("weighting", MOVING)
def test_lbfgs_refuses_a_loss_that_moves(text, refusal, weighting):
    assert refusal(text(**trained("lbfgs", weighting))) == (
        f'`training.weighting` cannot be "{weighting}": L-BFGS learns the curvature of one loss, and these weights '
        "make another one of it at every step; allowed: fixed, none. "
        'Write for example `weighting = "fixed"` under [training].'
    )


@pytest.mark.parametrize("optimizer", methods.READ["optimizer"])
def test_only_optimizers_that_follow_a_slope_are_rounded(study, text, refusal, optimizer):
    given = trained(optimizer, training__precision="float32")
    if optimizer in methods.ROUNDED:
        assert study(**given).configuration((0, 0)).training.precision == "float32"
        return
    assert refusal(text(**given)) == (
        f'`training.precision` cannot be "float32": `{optimizer}` compares losses, or solves for its steps, more '
        "finely than float32 can tell; allowed: float64. "
        'Write for example `precision = "float64"` under [training].'
    )


@pytest.mark.parametrize("rate", ["0.5 edge", "2 edge"])
def test_adam_has_no_fraction_of_the_edge(text, refusal, rate):
    assert refusal(text(**trained("adam", training__learning_rate=rate))) == (
        f'`training.learning_rate` cannot be "{rate}"{", its default" if rate == "0.5 edge" else ""}: {EDGE}; '
        "allowed: a positive number. Write for example `learning_rate = 0.001` under [training]."
    )


def test_adam_has_no_learning_rate_by_default(text, refusal):
    message = refusal(text(training__steps=10, training__optimizer="adam"))
    assert message.startswith(f'`training.learning_rate` cannot be "0.5 edge", its default: {EDGE}; ')


def test_a_cell_of_a_sweep_is_refused_like_a_study(text, refusal):
    message = refusal(text({"training.optimizer": ["gd", "adam"]}, training__steps=10))
    assert message.startswith(f'`training.learning_rate` cannot be "0.5 edge", its default: {EDGE}; ')


@pytest.mark.parametrize(
    "way",
    [
        ("adam", "none"),
        ("linearized", "none"),
        ("levenberg_marquardt", "none"),
        ("gd", "ntk"),
        ("gd", "fixed"),
        ("gd", "causal"),
    ],
)
def test_only_gradient_descent_without_weights_is_predicted(text, refusal, way):
    assert refusal(text(**trained(*way, training__predict=True))) == (
        "`training.predict` cannot be true: it is of gradient descent without weights, batches and curriculum, "
        '`optimizer = "gd"` and `weighting = "none"`; allowed: false. '
        "Write for example `predict = false` under [training]."
    )


@pytest.mark.parametrize(
    "more",
    [
        {"batch__residual": 16},
        {"curriculum__parameter": "frequency", "curriculum__values": [1], "curriculum__every": 5},
    ],
)
def test_a_loss_that_moves_is_not_predicted(text, refusal, more):
    assert refusal(text(**trained(training__predict=True, **more))).startswith("`training.predict` cannot be true: ")


def test_lbfgs_has_no_batches(text, refusal):
    assert refusal(text(**trained("lbfgs", batch__residual=16))) == (
        '`training.optimizer` cannot be "lbfgs": L-BFGS learns the curvature of one loss, and every batch has another '
        "one; allowed: adam, gd, levenberg_marquardt, linearized. "
        'Write for example `optimizer = "adam"` under [training].'
    )


def test_weights_of_points_have_no_batches(text, refusal):
    message = refusal(text(**trained(weighting="residual_attention", batch__residual=16)))
    assert message.startswith(
        '`training.weighting` cannot be "residual_attention": its weights belong to points, and a batch has others at '
        "every step; allowed: "
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"batch__every": 5},
            "`batch.every` is given and no term has rows of a batch; allowed: with at least one. "
            "Write for example `residual = 128` under [batch], or remove [batch].",
        ),
        (
            {"curriculum__values": [1.0]},
            "`curriculum.values` is given and `curriculum.parameter` is not; allowed: with a parameter of the "
            'problem. Write for example `parameter = "speed"` under [curriculum], or remove [curriculum].',
        ),
        (
            {"curriculum__parameter": "frequency"},
            "`curriculum.values` cannot be [], its default: `frequency` has no value to begin with; "
            "allowed: a list of numbers, in the order in which they are trained. "
            "Write for example `values = [1.0, 10.0]` under [curriculum].",
        ),
        (
            {"curriculum__parameter": "frequency", "curriculum__values": [1, 2], "curriculum__every": 5},
            "`curriculum.every` cannot be 5: its 2 values take 10 of 10 steps; allowed: at most 4. "
            "Write for example `every = 4` under [curriculum].",
        ),
    ],
)
def test_batches_and_curricula_are_whole(text, refusal, more, message):
    assert refusal(text(**trained(**more))) == message


def test_what_is_given_of_batches_needs_training(text, refusal):
    assert refusal(text(batch__residual=16)).startswith("`batch.residual` is given and nothing is trained; allowed: ")


def test_with_and_without_a_curriculum_is_an_axis(study):
    swept = study(
        {"curriculum.parameter": ["", "frequency"]}, **trained(curriculum__values=[1, 2], curriculum__every=4)
    )
    assert [swept.configuration(cell).curriculum.steps for cell in swept.cells()] == [0, 8] * 2


def test_factors_of_terms_need_a_weighting(text, refusal):
    assert refusal(text(**trained(weights__boundary=2.0))) == (
        '`training.weighting` cannot be "none", its default: [weights] gives factors to terms; '
        "allowed: causal, fixed, gradient_annealing, ntk, residual_attention. "
        'Write for example `weighting = "fixed"` under [training].'
    )


def test_fixed_weights_need_factors(text, refusal):
    assert refusal(text(training__steps=10, training__weighting="fixed")) == (
        '`training.weighting` cannot be "fixed": no term has a factor under [weights]; '
        "allowed: causal, gradient_annealing, none, ntk, residual_attention. "
        'Write for example `weighting = "none"` under [training].'
    )


@pytest.mark.parametrize("weighting", MOVING)
def test_factors_go_on_top_of_weights_that_move(study, weighting):
    found = study(**trained(weighting=weighting, weights__boundary=2.0)).configuration((0, 0))
    assert found.weights.of_terms == {"boundary": 2.0}


@pytest.mark.parametrize(
    ("way", "key", "value", "message"),
    [
        (
            ("gd", "none"),
            "optimizer__b1",
            0.5,
            '`optimizer.b1` means nothing to `gd`; allowed: no key at all. Remove it, or write `optimizer = "adam"` '
            "under [training].",
        ),
        (
            ("adam", "none"),
            "optimizer__tries",
            3,
            "`optimizer.tries` means nothing to `adam`; allowed: b1, b2, eps. Remove it, or write "
            '`optimizer = "levenberg_marquardt"` under [training].',
        ),
        (
            ("gd", "ntk"),
            "weighting__biases",
            False,
            "`weighting.biases` means nothing to `ntk`; allowed: every, average, diagonal. Remove it, or write "
            '`weighting = "gradient_annealing"` under [training].',
        ),
        (
            ("gd", "ntk"),
            "weighting__slices",
            16,
            "`weighting.slices` means nothing to `ntk`; allowed: every, average, diagonal. Remove it, or write "
            '`weighting = "causal"` under [training].',
        ),
        (
            ("gd", "causal"),
            "weighting__every",
            10,
            "`weighting.every` means nothing to `causal`; allowed: slices, coordinate, causality, threshold. Remove "
            'it, or write `weighting = "ntk"` under [training].',
        ),
        (
            ("gd", "fixed"),
            "weighting__every",
            10,
            "`weighting.every` means nothing to `fixed`; allowed: no key at all. Remove it, or write "
            '`weighting = "ntk"` under [training].',
        ),
    ],
)
def test_a_key_that_nothing_reads_is_refused(text, refusal, way, key, value, message):
    assert refusal(text(**trained(*way, **{key: value}))) == message


def test_a_swept_key_that_nothing_reads_is_refused(text, refusal):
    message = refusal(text({"optimizer.b1": [0.5, 0.9]}, **trained()))
    assert message.startswith("`optimizer.b1` means nothing to `gd`; allowed: no key at all. ")


def test_swept_optimizers_have_the_keys_of_any_of_them(study):
    swept = {"training.optimizer": ["adam", "levenberg_marquardt"], "optimizer.tries": [3, 5]}
    several = study(swept, training__steps=10, training__learning_rate=1e-3, optimizer__b1=0.5)
    assert len(list(several.cells())) == 2 * 2 * 2
    assert several.configuration((0, 0, 0, 0)).optimizer.b1 == 0.5


def test_swept_optimizers_that_read_it_neither_are_named(text, refusal):
    swept = {"training.optimizer": ["gd", "lbfgs"]}
    assert refusal(text(swept, training__steps=10, optimizer__b1=0.5)) == (
        "`optimizer.b1` means nothing to `gd` or `lbfgs`; allowed: pairs, searches. Remove it, or write "
        '`optimizer = "adam"` under [training].'
    )


def test_swept_weightings_have_the_keys_of_any_of_them(study):
    swept = {"training.weighting": ["none", "ntk", "residual_attention"]}
    found = study(swept, training__steps=10, weighting__every=5, weighting__terms="all").configuration((0, 0, 1))
    assert (found.training.weighting, found.weighting.every) == ("ntk", 5)


@pytest.mark.parametrize(("section", "key", "value"), [("optimizer", "b1", 0.5), ("weighting", "every", 3)])
def test_options_without_training_are_refused(text, refusal, section, key, value):
    assert refusal(text(**{f"{section}__{key}": value})) == (
        f"`{section}.{key}` is given and nothing is trained; allowed: with [training]. Write `[training]` with "
        f"`steps = 10000`, say, or remove [{section}]."
    )


@pytest.mark.parametrize("optimizer", ["lbfgs", "levenberg_marquardt"])
@pytest.mark.parametrize(("key", "value"), [("learning_rate", 1e-3), ("decay", 0.9), ("decay_stairs", True)])
def test_a_learning_rate_that_nothing_reads_is_refused(text, refusal, optimizer, key, value):
    assert refusal(text(**trained(optimizer, **{f"training__{key}": value}))) == (
        f"`training.{key}` means nothing to `{optimizer}`, which finds the length of a step by itself; "
        "allowed: with gd, adam, linearized. Remove it."
    )


def test_a_learning_rate_may_be_that_of_one_of_several_optimizers(study):
    swept = {"training.optimizer": ["adam", "lbfgs"], "training.learning_rate": [1e-3, 1e-4]}
    assert len(list(study(swept, training__steps=10).cells())) == 2 * 2 * 2
