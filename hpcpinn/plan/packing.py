"""How many seeds go into one task.

The number is the length of a chunk along the seed axis, hence one for the whole store, and a function of the study
alone: the same study must make the same store on every machine.
"""

from collections.abc import Collection

from hpcpinn.plan.flops import run_flops
from hpcpinn.plan.memory import MIB, run_parts
from hpcpinn.plan.workload import Workload

MOST_SEEDS = 8
# 10 s or more of a 2-core machine at its 100 GFLOP/s in float64: long against the tenth of a second that publishing a
# task takes on a slow disk, short against what a preempted node may lose.
WORK_TARGET = 2e12
# Eight workers, each with its runtime, fit into 16 GiB.
MEMORY_TARGET = 1024 * MIB


def seeds_per_task(loads: Collection[Workload], seeds: int) -> int:
    """The largest of 1, 2, 4, 8 for which the heaviest cell keeps to the targets of work and memory; at most `seeds`.

    Powers of two, because a study extended by more seeds then usually keeps its tasks.
    """
    work = max(run_flops(load) for load in loads)
    memory = max(sum(run_parts(load).values()) for load in loads)
    packed = 1
    while 2 * packed <= MOST_SEEDS and 2 * packed * work <= WORK_TARGET and 2 * packed * memory <= MEMORY_TARGET:
        packed *= 2
    return min(packed, seeds)


# Below it a product does not fill the cores of a machine: N = 512 for u_xx at 128 rows and depth 3.
NARROW = 1.5e9


def is_narrow(flops: float) -> bool:
    """Whether networks with kernels of so many operations are run side by side, and not one after the other."""
    return flops <= NARROW
