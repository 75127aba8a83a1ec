import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.flops import run_flops
from hpcpinn.plan.memory import run_parts
from hpcpinn.plan.packing import MEMORY_TARGET, MOST_SEEDS, WORK_TARGET, seeds_per_task
from hpcpinn.plan.workload import Workload

SMALL = Workload((8,), (3,), 64, 1, 0, 1, 1, 1024, 1, 0, 8)
changes = st.fixed_dictionaries({"width": st.integers(1, 20000), "steps": st.integers(0, 10**6)})


def loads_of(several):
    return [dataclasses.replace(SMALL, **changes) for changes in several]


@given(st.lists(changes, min_size=1, max_size=4), st.integers(1, 50))
def test_more_than_one_seed_keeps_to_the_targets(several, seeds):
    loads = loads_of(several)
    packed = seeds_per_task(loads, seeds)
    assert 1 <= packed <= min(seeds, MOST_SEEDS)
    if packed > 1:
        assert packed * max(map(run_flops, loads)) <= WORK_TARGET
        assert packed * max(sum(run_parts(load).values()) for load in loads) <= MEMORY_TARGET


@given(st.lists(changes, min_size=2, max_size=4), st.integers(1, 50))
def test_the_heaviest_cell_decides(several, seeds):
    loads = loads_of(several)
    assert seeds_per_task(loads, seeds) == min(seeds_per_task([load], seeds) for load in loads)


@pytest.mark.parametrize(
    ("changes", "seeds", "packed"),
    [({}, 20, 8), ({}, 3, 3), ({"steps": 10**9}, 20, 1), ({"width": 65536, "depth": 3}, 20, 1)],
)
def test_small_runs_share_a_task_and_large_ones_do_not(changes, seeds, packed):
    assert seeds_per_task([dataclasses.replace(SMALL, **changes)], seeds) == packed
