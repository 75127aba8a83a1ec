"""How many seeds go into one task.

The number is the length of a chunk along the seed axis, hence one for the whole store, and a function of the study
alone: the same study must make the same store on every machine.
"""

from collections.abc import Collection

from hpcpinn.plan.flops import kernel_flops, run_flops
from hpcpinn.plan.memory import MIB, run_bytes
from hpcpinn.plan.narrow import is_narrow
from hpcpinn.plan.workload import Workload

MOST_SEEDS = 64
# 10 s or more of a 2-core machine at its 100 GFLOP/s in float64: long against the tenth of a second that publishing a
# task takes on a slow disk, short against what a preempted node may lose.
WORK_TARGET = 2e12
# Eight workers, each with its runtime, fit into 16 GiB.
MEMORY_TARGET = 1024 * MIB


def seeds_per_task(loads: Collection[Workload], seeds: int) -> int:
    """The largest of 1, 2, 4, ... 64 for which all cells keep to the targets of work and memory; at most `seeds`.

    Powers of two, because a study extended by more seeds then usually keeps its tasks.
    """
    work = max(run_flops(load) for load in loads)
    # Wide networks are run one after the other: only narrow ones are in memory together.
    memory = max((run_bytes(load) for load in loads if is_narrow(kernel_flops(load))), default=0)
    packed = 1
    while 2 * packed <= MOST_SEEDS and 2 * packed * work <= WORK_TARGET and 2 * packed * memory <= MEMORY_TARGET:
        packed *= 2
    return min(packed, seeds)
