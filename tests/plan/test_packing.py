import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.flops import kernel_flops, run_flops
from hpcpinn.plan.memory import run_bytes
from hpcpinn.plan.narrow import is_narrow
from hpcpinn.plan.packing import MEMORY_TARGET, MOST_SEEDS, WORK_TARGET, seeds_per_task
from hpcpinn.plan.workload import Workload

SMALL = Workload(
    rows=(8,), channels=(3,), linear=(2,), reads=(1,), width=64, depth=1, encoders=0, inputs=1, outputs=1, tile=1024,
    records=1, steps=0, itemsize=8, dense=True, parts=1, limit="none", draws=0, compared=0,
)  # fmt: skip
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
        side_by_side = [run_bytes(load) for load in loads if is_narrow(kernel_flops(load))]
        assert packed * max(side_by_side, default=0) <= MEMORY_TARGET


@given(st.lists(changes, min_size=2, max_size=4), st.integers(1, 50))
def test_the_heaviest_cell_decides(several, seeds):
    loads = loads_of(several)
    assert seeds_per_task(loads, seeds) == min(seeds_per_task([load], seeds) for load in loads)


@pytest.mark.parametrize(
    ("changes", "seeds", "packed"),
    [
        ({}, 200, 64),
        ({}, 20, 20),
        ({"rows": (128,), "width": 2048, "depth": 2}, 24, 24),
        ({"steps": 10**9}, 20, 1),
        ({"width": 65536, "depth": 8}, 20, 1),
    ],
)
def test_small_runs_share_a_task_and_large_ones_do_not(changes, seeds, packed):
    assert seeds_per_task([dataclasses.replace(SMALL, **changes)], seeds) == packed
