"""No chunk has two owners: the property on which every parallel write rests."""

import itertools
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn.plan.hypercube import Kept, data_variables
from hpcpinn.plan.tasks import Task, slices
from hpcpinn.plan.variables import chunks, is_aligned, owned

# What a cube is made of; built in the tests, because strategies must not run code that jaxtyping decorates.
cuts_of_cubes = st.fixed_dictionaries(
    {
        "lengths": st.lists(st.integers(1, 3), min_size=1, max_size=3),
        "seeds": st.integers(1, 9),
        "per_task": st.integers(1, 8),
        "rows": st.integers(1, 9),
        "tile": st.integers(1, 10),
        "steps": st.integers(1, 3),
        "keep": st.sampled_from(["all", "first_seed", "none"]),
        "limit": st.sampled_from([["limit"], ["random limit"]]),
        "depends": st.sets(st.integers(0, 2)),
    }
)


def cube(lengths, seeds, per_task, rows, tile, steps, keep, limit, depends):
    """Variables and tasks of a sweep of any shape, cut in any way."""
    axes = [f"axis{place}" for place in range(len(lengths))]
    sizes = dict(zip(axes, lengths, strict=True)) | {"seed": seeds, "step": steps, "row": rows}
    sizes |= {"col": rows, "mode": rows, "term": 2, "block": 3, "draw": 2}
    places = tuple(sorted(place for place in depends if place < len(lengths)))
    kept = Kept({"all": seeds, "first_seed": 1, "none": 0}[keep], "float64", tile)
    packed = min(per_task, seeds)
    variables = data_variables([*axes, "seed"], sizes, packed, kept, {"training", "solution", *limit}, places)
    cells = itertools.product(*map(range, lengths))
    return variables, [Task(f"{cell}{cut}", cell, cut, (0, steps)) for cell in cells for cut in slices(seeds, packed)]


def touched(variable, task):
    """Chunks of all entries that the task owns, entry by entry: the slow definition of `chunks`."""
    entries = itertools.product(*owned(variable, task))
    return {tuple(at // chunk for at, chunk in zip(entry, variable.chunks, strict=True)) for entry in entries}


@settings(max_examples=30, deadline=None)
@given(cuts_of_cubes)
def test_no_chunk_of_any_variable_is_touched_by_two_tasks(cut):
    variables, tasks = cube(**cut)
    for variable in variables:
        owners = Counter(chunk for task in tasks for chunk in touched(variable, task))
        assert set(owners.values()) <= {1}
        assert owners.keys() == {chunk for task in tasks for chunk in chunks(variable, owned(variable, task))}


@settings(max_examples=60, deadline=None)
@given(cuts_of_cubes)
def test_tasks_cover_every_entry_that_is_kept_once(cut):
    variables, tasks = cube(**cut)
    for variable in variables:
        entries = sum(math.prod(map(len, owned(variable, task))) for task in tasks)
        if variable.places is not None:
            assert entries == math.prod(variable.shape)
            continue
        seeds = variable.shape[variable.dims.index("seed")]
        kept = seeds if variable.kept_seeds is None else variable.kept_seeds
        assert entries == math.prod(variable.shape) // seeds * kept


@settings(max_examples=60, deadline=None)
@given(cuts_of_cubes)
def test_what_a_task_owns_is_whole_chunks(cut):
    variables, tasks = cube(**cut)
    assert all(is_aligned(variable, owned(variable, task)) for variable in variables for task in tasks)


@settings(max_examples=30, deadline=None)
@given(cuts_of_cubes)
def test_chunks_of_all_tasks_are_the_chunks_of_an_array(cut):
    variables, tasks = cube(**cut)
    for variable in variables:
        if variable.kept_seeds is None:
            assert sum(len(list(chunks(variable, owned(variable, task)))) for task in tasks) == variable.chunk_count


@pytest.mark.parametrize("part", [range(1, 4), range(0, 3), range(2, 4)])
def test_a_part_of_a_chunk_is_not_aligned(plan, part):
    eigenvalue = plan(seed="8").variable("eigenvalue")
    region = list(owned(eigenvalue, plan(seed="8").tasks[0]))
    assert eigenvalue.chunks[eigenvalue.dims.index("seed")] == 8
    region[eigenvalue.dims.index("seed")] = part
    assert not is_aligned(eigenvalue, tuple(region))
