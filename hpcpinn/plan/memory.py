"""Projected peak memory of one task, part by part.

A projection is an upper bound that the measured peak (`peak_bytes` of the store) has to stay below. It assumes that
the seeds of a task are held side by side, as they are when networks are small and `vmap`ped over seeds.
"""

from hpcpinn.plan.workload import Workload

MIB = 2**20

# Python with jax, scipy and zarr loaded and one small function compiled takes 236 MiB (jax 0.10.2, x86-64, CPU).
RUNTIME_BYTES = 512 * MIB
_DOUBLE = 8

# What a user can lower when a part is the largest one.
ADVICE = {
    "runtime": "Ask for more memory per task: this is what Python and JAX take by themselves.",
    "parameters": "Lower `network.width`.",
    "factors": "Lower `network.width`, or the numbers under [points].",
    "tiles": "Lower `kernel.tile`.",
    "kernel": "Lower the numbers under [points].",
    "results": 'Set `kernel.keep = "first_seed"` or "none", or record fewer steps.',
}


def run_parts(load: Workload) -> dict[str, int]:
    """Bytes of one run: parameters 4P, factors 6mN(L + encoders), tiles 3(tile C)², kernels 4n².

    Parameters are held now, at step 0, as a gradient and as an update. Factors are two per layer and channel, and as
    much again twice for what the backward pass keeps. Tiles are two Gram matrices and their product. Kernels are K,
    K(0), and a copy with its workspace in the eigenvalue solver.
    """
    m, n = load.channel_rows, load.total_rows
    tile_rows = min(load.tile * max(load.channels, default=1), m)
    return {
        "parameters": 4 * load.parameters * _DOUBLE,
        "factors": 6 * m * load.width * (load.depth + load.encoders) * _DOUBLE,
        "tiles": 3 * tile_rows**2 * load.itemsize,
        "kernel": 4 * n**2 * _DOUBLE,
    }


def task_parts(load: Workload, seeds: int, results: int) -> dict[str, int]:
    """Bytes of one task of `seeds` runs which holds `results` bytes of arrays for the store."""
    side_by_side = {part: seeds * size for part, size in run_parts(load).items()}
    return {"runtime": RUNTIME_BYTES, **side_by_side, "results": results}
