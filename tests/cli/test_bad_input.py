"""Bad input: exit status 2, a message that names the value, what is allowed and the next step, and nothing on disk."""

import pytest

from tests.cli.conftest import STUDY, listing


def changed(old: str, new: str, text: str = STUDY) -> str:
    assert old in text
    return text.replace(old, new)


def users(body: str, extra: str = "") -> str:
    """A file with a problem whose method is given."""
    return f"""
import jax.numpy as jnp
import hpcpinn
{extra}

class Mine(hpcpinn.Problem):
    coordinates = {{"x": (0.0, 1.0)}}
    shift: float = 1.0

    @hpcpinn.interior
    def residual(self, p, f):
        {body}
"""


MINE = """
name = "mine"
problem = "mine.py:Mine"
[sweep]
width = [4]
depth = [1]
[points]
residual = 5
"""
EXACT = users("return f.u_xx") + "\n    def exact(self, p):\n        return "
TRAINING = STUDY + "[training]\nsteps = 10\n"

# What is written, the file beside it, and the words: the value, what is allowed, the next step.
STUDIES = {
    "unknown key": (
        changed("activation =", "activatoin ="),
        ['`activatoin = "tanh"` is not a key of [network]', "allowed: activation,", "Did you mean `activation`?"],
    ),
    "unknown section": (
        STUDY + "[diagnostics]\nsignal = true\n",
        ["`diagnostics` is not a key or section of a study", "allowed: batch,", "Correct or remove it."],
    ),
    "unknown swept key": (
        changed("seed = 3", '"training.rate" = [1, 2]'),
        ["`training.rate` in [sweep] is not a key", "training.learning_rate", "Correct or remove it"],
    ),
    "unknown problem": (
        changed("poisson1d", "poison1d"),
        ["`poison1d` does not exist", "allowed: advection1d,", "Did you mean `poisson1d`?", '"path/to/file.py:'],
    ),
    "unknown problem parameter": (
        STUDY + "[problem_parameters]\nfrequancy = 2\n",
        ["`frequancy`", "allowed: frequency, hard_boundary", "Did you mean `frequency`?"],
    ),
    "wrong problem parameter": (
        STUDY + '[problem_parameters]\nfrequency = "2"\n',
        ["`frequency`", "'2'", "allowed: a finite number"],
    ),
    "unknown activation": (
        changed('"tanh"', '"thanh"'),
        [
            '`network.activation` cannot be "thanh"',
            "allowed: erf, gelu, sin,",
            'Write for example `activation = "tanh"`',
        ],
    ),
    "negative width": (
        changed("[2, 4, 8]", "[2, -4]"),
        ["`network.width` cannot be -4", "allowed: a positive integer", "Write for example `width = "],
    ),
    "term without points": (
        changed("boundary = 2", ""),
        ["the term `boundary` of the problem `poisson1d` has no points", "every term needs some", "Write `boundary = "],
    ),
    "points of no term": (
        changed("boundary = 2", "boundary = 2\nboundery = 2"),
        ["`boundery`", "no term of the problem `poisson1d`", "allowed: boundary, residual", "Did you mean `boundary`?"],
    ),
    "sweep without values": (
        changed("[2, 4, 8]", "[]"),
        ["`width` cannot be swept over []", "allowed: at least one value", "Write for example `width = [64, "],
    ),
    "duplicates": (
        changed("[2, 4, 8]", "[2, 4, 2]"),
        ["`network.width` has the value 2 twice", "allowed: every value of an axis once", "Write `width = [2, 4]`"],
    ),
    "unknown weighting": (
        TRAINING + 'weighting = "nkt"\n',
        [
            '`training.weighting` cannot be "nkt"',
            "allowed: causal, fixed, gradient_annealing, none,",
            "Did you mean `ntk`?",
        ],
    ),
    "unknown optimizer": (
        TRAINING + 'optimizer = "kfac"\n',
        ['`training.optimizer` cannot be "kfac"', "allowed: adam, gd,", 'Write for example `optimizer = "gd"`'],
    ),
    "adam at the edge of gradient descent": (
        TRAINING + 'optimizer = "adam"\n',
        [
            '`training.learning_rate` cannot be "0.5 edge", its default: the stability edge is that of gradient',
            "allowed: a positive number",
            "Write for example `learning_rate = 0.001` under [training]",
        ],
    ),
    "option of another optimizer": (
        TRAINING + "[optimizer]\nb1 = 0.5\n",
        ["`optimizer.b1` means nothing to `gd`", "allowed: no key at all", 'Remove it, or write `optimizer = "adam"`'],
    ),
    "weight of no term": (
        TRAINING + 'weighting = "fixed"\n[weights]\nboundery = 2\n',
        ["`weights.boundery`", "no term of the problem `poisson1d`", "allowed: boundary, residual", "mean `boundary`?"],
    ),
    "causal weights of a steady problem": (
        TRAINING + 'weighting = "causal"\n',
        [
            '`weighting.coordinate` cannot be "t", its default',
            "the time of the problem `poisson1d`",
            "allowed: x.",
            'for a steady problem `weighting = "none"` under [training]',
        ],
    ),
    "not TOML": (
        changed("seed = 3", "seed = [3"),
        ["study.toml", "line ", "column "],
    ),
    "too large": (
        changed("[2, 4, 8]", "[2000000]").replace("[1]", "[2]"),
        ["network.width 2000000, network.depth 2", "GiB are allowed", "Lower `network.width`"],
    ),
}
PROBLEMS = {
    "missing file": (None, ["mine.py cannot be read", "No such file", "allowed: a Python file", "Correct the path"]),
    "syntax error": (users("return f.u_xx +"), ["mine.py does not import: line 12", "SyntaxError", "Run `python "]),
    "missing module": (
        users("return f.u_xx", extra="import nosuchmodule"),
        ["mine.py does not import: line 4", "No module named 'nosuchmodule'", "Run `python "],
    ),
    "no such class": (
        users("return f.u_xx").replace("Mine", "Yours"),
        ["`Mine` of", "does not exist", "allowed: Yours", "Write `class Mine(hpcpinn.Problem): ...`"],
    ),
    "wrong shape": (
        users("return jnp.stack([f.u, f.u_x])"),
        [
            "term `residual` of problem `Mine` returns an array of shape (2,)",
            "allowed: one real number",
            "Write one term",
        ],
    ),
    "nothing": (
        users("f.u_xx"),
        ["term `residual` of problem `Mine` returns", "None", "allowed: one real number"],
    ),
    "raises": (
        users("return f.u_xx / undefined"),
        [
            "term `residual` of problem `Mine` cannot be evaluated",
            "name 'undefined' is not defined",
            "allowed: jax.numpy",
        ],
    ),
    "unknown field": (users("return f.v"), ["`f.v` is neither a field nor a derivative", "allowed: u, u_x", "f.u_xx"]),
}
REHEARSED = {
    "NaN at a point": (
        users("return f.u_xx * jnp.log(p.x - 0.2)"),
        [
            "term `residual` of problem `Mine(shift=1.0)` is nan at x = 0;",
            "allowed: a finite number",
            "Check divisions",
        ],
    ),
    "infinite at a point": (
        users("return f.u_xx / (p.x - 0.25)"),
        [
            "term `residual` of problem `Mine(shift=1.0)` is",
            "inf at x = 0.25;",
            "allowed: a finite number",
            "Check divisions",
        ],
    ),
    "exact is NaN": (
        EXACT + "jnp.sqrt(0.6 - p.x)\n",
        ["`exact` of problem `Mine(shift=1.0)` is nan at x = 0.6", "allowed: a finite number", "Check divisions"],
    ),
}


def assert_refused(hpcpinn, here, command: str, words: list[str], *arguments: object) -> None:
    before = listing(here)
    answer = hpcpinn(command, *arguments)
    assert answer.status == 2, answer
    assert "Traceback" not in answer.errors
    assert answer.output == ""
    for word in words:
        assert word in answer.errors
    assert listing(here) == before


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(("text", "words"), STUDIES.values(), ids=STUDIES.keys())
def test_a_study_that_cannot_be(command, text, words, hpcpinn, here, write):
    assert_refused(hpcpinn, here, command, ["hpcpinn: ", *words], write(text))


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(("source", "words"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_file_that_cannot_be(command, source, words, hpcpinn, here, write):
    files = {} if source is None else {"mine": source}
    assert_refused(hpcpinn, here, command, words, write(MINE, **files))


@pytest.mark.parametrize(("source", "words"), REHEARSED.values(), ids=REHEARSED.keys())
def test_what_is_not_a_number_is_found_before_anything_is_written(source, words, hpcpinn, here, write):
    assert_refused(hpcpinn, here, "run", words, write(MINE, mine=source))


def test_a_parameter_value_that_makes_a_term_infinite_is_found_wherever_it_stands_in_the_sweep(hpcpinn, here, write):
    study = write(
        changed("[points]", '"problem_parameters.shift" = [1, 2, 0]\n[points]', MINE),
        mine=users("return f.u_xx / self.shift"),
    )
    assert_refused(hpcpinn, here, "run", ["`Mine(shift=0.0)` is", "at x = 0;", "allowed: a finite"], study)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--on", "proceses"], ["`proceses`", "allowed: dask, mpi, processes, serial", "Did you mean `processes`?"]),
        (["--workers", 0], ["0 workers", "allowed: 1 or more", "Leave --workers out"]),
        (["--workers", "many"], ["--workers", "valid integer"]),
        (["--on", "serial", "--workers", 2], ["2 workers", "allowed: 1", "--on processes --workers 2"]),
        (["--store", "study.toml"], ["study.toml cannot be used", "Not a directory", "another path with --store"]),
        (
            ["--store", "study.toml/s.zarr"],
            ["study.toml/s.zarr cannot be used", "File exists", "another path with --store"],
        ),
        (["--store", "notes"], ["notes is not a store", "has no zarr.json", "--store"]),
        (["--stroe", "s.zarr"], ["--stroe", "--store"]),
    ],
)
def test_options_that_cannot_be(arguments, words, hpcpinn, here, write):
    (here / "notes").mkdir()
    (here / "notes" / "monday.txt").write_text("remember")
    assert_refused(hpcpinn, here, "run", words, write(), *arguments)


def test_a_group_of_another_program_is_left_alone(hpcpinn, here, write):
    (here / "other").mkdir()
    (here / "other" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    words = ["other is a zarr group and not the store of a study", "--store"]
    assert_refused(hpcpinn, here, "run", words, write(), "--store", "other")


@pytest.mark.parametrize("command", ["plan", "run"])
def test_the_store_of_another_study_is_named_with_what_differs(command, hpcpinn, here, write, finished):
    before = listing(finished)
    other = write(changed("boundary = 2", "boundary = 3"))
    words = [
        "belongs to the study `small`, which this one does not extend",
        "`points.boundary` is 2 in the store and 3 in this study",
        "Write `boundary = 2` under [points], or give another store with --store",
    ]
    assert_refused(hpcpinn, here, command, words, other, "--store", finished / "small.zarr")
    assert listing(finished) == before


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_study_file_that_is_not_there(command, hpcpinn, here, write):
    write()
    words = ["studdy.toml cannot be read (No such file", "allowed", "Did you mean `study.toml`?", "Check the path"]
    assert_refused(hpcpinn, here, command, words, "studdy.toml")
    assert_refused(hpcpinn, here, command, ["cannot be read (Is a directory)"], here)


@pytest.mark.parametrize("command", ["plan", "run"])
def test_no_study(command, hpcpinn, here):
    assert_refused(hpcpinn, here, command, ["Missing argument 'STUDY'", f"hpcpinn {command} --help"])


@pytest.mark.parametrize("command", ["verify", "report", "rnu"])
def test_commands_that_do_not_exist(command, hpcpinn, here, write):
    words = [
        f"`{command}` is no command",
        "allowed: cancel, logs, plan, problems, run, status, submit.",
        "hpcpinn --help",
    ]
    assert_refused(hpcpinn, here, command, words, write())


def test_a_misspelt_command_is_told_the_nearest(hpcpinn):
    assert "Did you mean `status`?" in hpcpinn("statsu", "s.zarr").errors


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("s.zarr", ["there is no store at s.zarr", "`hpcpinn run STUDY --store s.zarr` makes one"]),
        ("study.toml", ["study.toml", "Not a directory"]),
        (".", ["is not a store", "as made by `hpcpinn run`"]),
    ],
)
def test_the_status_of_what_is_no_store(store, words, hpcpinn, here, write):
    write()
    assert_refused(hpcpinn, here, "status", words, store)
