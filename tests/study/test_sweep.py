import pytest

from hpcpinn.study.reading import parse_study

SWEEPABLE = (
    "batch.<term>, batch.drawn_from, batch.every, curriculum.every, curriculum.parameter, depth, kernel.precision, "
    "network.activation, network.architecture, network.bias_std, network.input_scaling, network.parametrization, "
    "network.weight_std, optimizer.b1, optimizer.b2, optimizer.damping, optimizer.eps, optimizer.highest_damping, "
    "optimizer.iterations, optimizer.lowest_damping, optimizer.pairs, optimizer.renewed, optimizer.searches, "
    "optimizer.solver, optimizer.tolerance, optimizer.tries, points.<term>, points.sampling, points.seed, "
    "problem_parameters.<name>, seed, training.decay, training.decay_every, training.decay_stairs, "
    "training.learning_rate, training.loss, training.optimizer, training.precision, training.steps, "
    "training.weighting, weighting.average, weighting.biases, weighting.coordinate, weighting.denominator, "
    "weighting.diagonal, weighting.every, weighting.gradient, weighting.initial, weighting.memory, weighting.rate, "
    "weighting.scale, weighting.slices, weighting.terms, weighting.threshold, weighting.whole_first, weights.<term>, "
    "width"
)
COUNT = "allowed: a count from 1 to 100000, or a list of seeds. Write for example `seed = 20` under [sweep]."
SEEDS = "allowed: integers from 0 to 4294967295. Write for example `seed = [0, 1, 2]` under [sweep]."


def values(study, key):
    return next(axis.values for axis in study.axes if axis.key == key)


def test_a_count_of_seeds_is_that_many_from_zero(study):
    assert study(sweep__seed=20).seeds == tuple(range(20))


def test_a_list_of_seeds_is_itself(study):
    assert study(sweep__seed=[5, 3, 2**32 - 1]).seeds == (5, 3, 2**32 - 1)


def test_without_seeds_there_is_one(study):
    assert study(sweep__seed=None).seeds == (0,)


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (0, f"`seed` cannot be 0; {COUNT}"),
        (-1, f"`seed` cannot be -1; {COUNT}"),
        (True, f"`seed` cannot be true; {COUNT}"),
        (2.0, f"`seed` cannot be 2.0; {COUNT}"),
        ("20", f'`seed` cannot be "20"; {COUNT}'),
        (10**9, f"`seed` cannot be 1000000000; {COUNT}"),
        ([0, -3], f"`seed` cannot be a list with -3 in it; {SEEDS}"),
        ([True], f"`seed` cannot be a list with true in it; {SEEDS}"),
        ([2**32], f"`seed` cannot be a list with 4294967296 in it; {SEEDS}"),
        (
            [],
            "`seed` cannot be swept over []; allowed: at least one value. "
            "Write for example `seed = [0, 1, 2]` under [sweep].",
        ),
        (
            [1, 1],
            "`seed` has the value 1 twice; allowed: every value of an axis once. Write `seed = [1]` under [sweep].",
        ),
    ],
)
def test_other_seeds_are_refused(text, refusal, seed, message):
    assert refusal(text(sweep__seed=seed)) == message


@pytest.mark.parametrize("changes", [{"sweep__width": 64}, {"sweep__width": None, "network__width": 64}])
def test_a_single_width_is_an_axis_of_one_value_wherever_it_stands(study, changes):
    assert values(study(**changes), "network.width") == (64,)


@pytest.mark.parametrize("written", ["training.steps", '"training.steps"', "training . steps"])
def test_a_dotted_key_needs_no_quotes(study, text, written):
    plain = text(training__record=[0]).replace("[sweep]", f"[sweep]\n{written} = [5, 10]")
    assert values(parse_study(plain, study().folder), "training.steps") == (5, 10)


def test_the_full_name_of_a_short_key_is_the_same_key(study):
    full = study(**{"sweep__width": None, "sweep__network.width": [4, 2]})
    assert full.axes == study(sweep__width=[4, 2]).axes


def test_any_scalar_key_can_be_swept(study):
    key_values = {
        "problem_parameters.frequency": (1, 2.5),
        "network.activation": ("tanh", "erf"),
        "points.residual": (16, 32),
        "points.seed": (0, 1),
        "training.learning_rate": (1e-5, "0.5 edge"),
        "kernel.precision": ("float64", "float32"),
    }
    swept = study({key: list(both) for key, both in key_values.items()}, points__residual=None, training__steps=5)
    assert {axis.key: axis.values for axis in swept.cell_axes[2:]} == key_values


@pytest.mark.parametrize(
    ("key", "value", "step"),
    [
        ("training.learning_rat", [1], "Did you mean `training.learning_rate`? Correct or remove it."),
        (
            "activation",
            ["tanh"],
            'Did you mean `network.activation`? Write `"network.activation" = ["tanh"]`.',
        ),
        ("steps", [5], 'Write `"training.steps" = [5]`.'),
        ("diagnostics.signal", [True], "Correct or remove it."),
        ("nothing.of.it", [1], "Correct or remove it."),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(text, refusal, key, value, step):
    assert refusal(text({key: value})) == f"`{key}` in [sweep] is not a key; allowed: {SWEEPABLE}. {step}"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("kernel.tile", "one store has one chunk size; allowed: its own section. Write `tile = 1024` under [kernel]."),
        (
            "kernel.keep",
            'one store either has kernels or has none; allowed: its own section. Write `keep = "all"` under [kernel].',
        ),
        (
            "training.record",
            "it is a list, and all cells share the dimension `step`; allowed: its own section. "
            "Write `record = [0, 100, 10000]` under [training].",
        ),
    ],
)
def test_what_a_store_has_once_cannot_be_swept(text, refusal, key, message):
    assert refusal(text({key: [1]}, training__steps=5)) == f"`{key}` cannot be swept: {message}"


@pytest.mark.parametrize("key", ["name", "problem"])
def test_name_and_problem_cannot_be_swept(text, refusal, key):
    assert f"`{key}` in [sweep] is not a key" in refusal(text({key: ["a", "b"]}))


def test_sweeping_a_section_that_is_not_there_is_refused(text, refusal):
    assert refusal(text({"training.steps": [5]})) == (
        "`training.steps` is swept and the study has no [training]; allowed: keys of sections that it has. "
        'Write `[training]` with its other keys below it, or remove `"training.steps" = [5]`.'
    )


def test_no_values_are_refused(text, refusal):
    assert refusal(text(sweep__width=[])) == (
        "`width` cannot be swept over []; allowed: at least one value. "
        "Write for example `width = [64, 256, 1024]` under [sweep]."
    )


TWICE = "under [{}]; allowed: one value or one list. Remove one of them."


def test_a_key_in_its_section_and_in_the_sweep_is_refused(text, refusal):
    assert refusal(text(network__width=4)) == (
        f"`network.width` is given twice: as `width = [8, 16]` under [sweep] and as `width = 4` "
        f"{TWICE.format('network')}"
    )


def test_two_spellings_of_a_key_in_the_sweep_are_refused(text, refusal):
    assert refusal(text({"network.width": [4]})) == (
        '`network.width` is given twice: as `"network.width" = [4]` under [sweep] and as `width = [8, 16]` '
        f"{TWICE.format('sweep')}"
    )


def test_a_list_inside_a_list_is_not_a_value(text, refusal):
    assert "`network.width` cannot be [1, 2]" in refusal(text(sweep__width=[[1, 2]]))
