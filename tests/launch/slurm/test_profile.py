import json
import tomllib
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm.fields import span
from hpcpinn.launch.slurm.profile import Profile
from hpcpinn.launch.slurm.reading import parse_profile, read_profile
from hpcpinn.study import toml

CLUSTERS = Path(__file__).parents[3] / "slurm" / "clusters"
LEAST = {"partition": "batch", "memory_per_node": "8 GiB", "walltime": "24:00:00"}
WORDS = ["", "two words", "a\nb", 'a"b', "a'b", "a#b", "a$b", "a`b`", "a\\b", 3, True, ["a"]]
SIZES = ["", "8", "8GB", "8 gib", "-8 GiB", "0 MiB", "nan GiB", 8, 8.5, True, ["8 GiB"]]
TIMES = ["", "1:00", "1 hour", "24", "-1:00:00", "0:00:00", "1:0:0", 60, 1.5, False]
COUNTS = [0, -1, 1.5, "4", True, [4]]
# What every field refuses; a field that is missing here fails the first test.
WRONG = {
    **dict.fromkeys(("partition", "account", "qos", "constraint", "gpu_type"), WORDS),
    **dict.fromkeys(("memory_per_node", "gpu_memory"), SIZES),
    **dict.fromkeys(("walltime", "target", "warning"), TIMES),
    **dict.fromkeys(("cpus_per_task", "nodes_per_task", "array_size", "running", "submitted"), COUNTS),
    "options": [
        "--exclusive", ["exclusive"], ["-p batch"], ["--exclusive two"], ["--array=0-3"], ["--tim=5"], ["--mem"],
        ["--error=x"], ["--a=b;c d"], ["--comment=$(id)"], [3],
    ],
    "gpus_per_node": [-1, 1.5, "4", True],
    "preemption": ["sometimes", "", True, 3, "Requeue"],
    "rounds": [-1, 2.5, "3", False],
    "speed": [0, -1.0, "fast", [1.0], float("inf"), float("nan")],
    "python": ["a\nb", "a\rb", 3, ["python"], True],
    "setup": ["module load", ["a\nb"], [3], ["a\0b"], {}],
    "environment": [["A"], {"A B": "1"}, {"1A": "1"}, {"": "1"}, {"A": ["1"]}, {"A": True}, {"A": "\0"}, {"A": 1.5}],
}  # fmt: skip
FIELDS = [(name, value) for name, values in WRONG.items() for value in values]


def spelled(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {spelled(one)}" for name, one in value.items()) + "}"
    return toml._whole(value)


def text(**fields):
    return "\n".join(f"{name} = {spelled(value)}" for name, value in fields.items())


def refusal(**fields):
    with pytest.raises(ClusterError) as refused:
        parse_profile(text(**{**LEAST, **fields}).replace("\0", "\\u0000"))
    return str(refused.value)


def test_every_field_says_what_is_allowed_and_what_to_type():
    assert set(WRONG) == set(Profile.model_fields)
    for name, field in Profile.model_fields.items():
        assert get_origin(field.annotation) is Literal or (field.description and field.examples), name


@pytest.mark.parametrize("name", Profile.model_fields)
def test_what_a_message_says_to_type_is_allowed(name):
    field = Profile.model_fields[name]
    more = {"gpu_memory": "80 GiB"} if name == "gpus_per_node" else {}
    for example in field.examples or get_args(field.annotation):
        assert parse_profile(text(**{**LEAST, **more, name: example}))


@pytest.mark.parametrize(("name", "value"), FIELDS, ids=repr)
def test_a_wrong_value_is_refused_with_what_is_allowed(name, value):
    message = refusal(**{name: value})
    field = Profile.model_fields[name]
    assert message.startswith(f"profile: `{name} = ")
    assert "cannot be used" in message
    allowed = field.description or ", ".join(map(toml.spelled, get_args(field.annotation)))
    assert f"; allowed: {allowed}. Write for example `{name} = " in message
    assert "\n" not in message


@pytest.mark.parametrize("name", LEAST)
def test_a_missing_field_is_named(name):
    with pytest.raises(ClusterError, match=rf"`{name}` is missing; allowed: .* Write for example `{name} = "):
        parse_profile(text(**{key: value for key, value in LEAST.items() if key != name}))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("walltme", "walltime"), ("gpu_mem", "gpu_memory"), ("memory", "gpu_memory"), ("arraysize", "array_size")],
)
def test_a_misspelt_field_gives_the_nearest(wrong, right):
    message = refusal(**{wrong: "x"})
    assert f"`{wrong}` is not a field of a cluster profile; allowed: " in message
    assert f"Did you mean `{right}`?" in message


@pytest.mark.parametrize(
    ("fields", "name", "reason"),
    [
        ({"gpus_per_node": 4}, "gpu_memory", "a node has devices and this is missing"),
        ({"walltime": "0:03:00", "target": "0:01:00"}, "warning", "it is more than half of `walltime`"),
        ({"target": "48:00:00"}, "target", "it is longer than `walltime`"),
        ({"submitted": 1}, "submitted", "the closing job is in the queue beside the elements"),
    ],
)
def test_fields_that_do_not_go_together_are_told(fields, name, reason):
    message = refusal(**fields)
    assert f"`{name}" in message
    assert f": {reason}; allowed: " in message


@pytest.mark.parametrize("path", sorted(CLUSTERS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_are_profiles(path):
    assert read_profile(str(path)).partition == tomllib.loads(path.read_text())["partition"]


def test_sizes_and_times_are_read():
    profile = parse_profile(text(**{**LEAST, "memory_per_node": "1.5TiB", "walltime": "2-01:00:30"}))
    assert profile.memory_per_node == 3 * 2**39
    assert profile.walltime == 2 * 86400 + 3630


PROFILES = st.builds(
    dict,
    partition=st.sampled_from(["batch", "a,b", "große"]),
    memory_per_node=st.integers(1, 2**22).map(lambda mib: f"{mib} MiB"),
    walltime=st.integers(7200, 10**7).map(span),
    gpu_memory=st.floats(0.01, 1e3).map(lambda gib: f"{gib:.3f} GiB"),
    setup=st.lists(st.text(st.characters(exclude_categories=["C"]))),
    environment=st.dictionaries(st.from_regex(r"[A-Z_]{1,5}", fullmatch=True), st.text() | st.integers()),
    options=st.lists(st.sampled_from(["--exclusive", "--comment=x", "--exclude=n1,n2"])),
)


@given(PROFILES)
def test_a_profile_comes_back_from_a_record(fields):
    """Every submission keeps its profile as JSON, and jobs read it from there."""
    fields["environment"] = {name: value for name, value in fields["environment"].items() if "\0" not in str(value)}
    profile = Profile.model_validate(fields)
    assert Profile.model_validate(profile.model_dump(mode="json")) == profile
    assert Profile.model_validate_json(profile.model_dump_json()) == profile
