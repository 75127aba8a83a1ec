"""Projected peak memory of one task, part by part.

A projection is an upper bound that the measured peak (`peak_bytes` of the store) has to stay below. It assumes that
the seeds of a task are held side by side, as they are when networks are small and `vmap`ped over seeds. Of 13 tasks of
one seed each (poisson1d, wave1d and navier_stokes2d, both architectures, N = 64 to 2048, L = 1 to 8, n = 18 to 3002)
the measured peak was 0.73 to 0.97 of the projection.
"""

from hpcpinn.plan.workload import Workload

MIB = 2**20

# Resident sets of tasks too small to have anything else in them (jax 0.10.2, x86-64, CPU) were 540 MiB for 2 terms and
# 2 layers, 733 for 6 terms and 3 layers, 825 for the same with 2 encoders: compiled code grows with both.
RUNTIME_BYTES = 512 * MIB
COMPILED_BYTES = 16 * MIB
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


def runtime_bytes(load: Workload) -> int:
    """Bytes that a process takes whatever the sizes: 512 MiB, and 16 MiB per term and layer for compiled code."""
    return RUNTIME_BYTES + COMPILED_BYTES * len(load.rows) * (load.depth + load.encoders)


def run_parts(load: Workload) -> dict[str, int]:
    """Bytes of one run: parameters 4P, factors 6mN(L + 2 encoders), tiles 3(tile C)², kernels 4n².

    Parameters are held now, at step 0, as a gradient and as an update. Factors are two per layer and channel, and as
    much again twice for what the backward pass keeps; an encoder is read by every layer and counts for two of them.
    Tiles are two Gram matrices and their product. Kernels are K, K(0), and a copy with its workspace in the
    eigenvalue solver.
    """
    m, n = load.channel_rows, load.total_rows
    tile_rows = min(load.tile * max(load.channels, default=1), m)
    return {
        "parameters": 4 * load.parameters * _DOUBLE,
        "factors": 6 * m * load.width * (load.depth + 2 * load.encoders) * _DOUBLE,
        "tiles": 3 * tile_rows**2 * load.itemsize,
        "kernel": 4 * n**2 * _DOUBLE,
    }


def task_parts(load: Workload, seeds: int, results: int) -> dict[str, int]:
    """Bytes of one task of `seeds` runs which holds `results` bytes of arrays for the store."""
    side_by_side = {part: seeds * size for part, size in run_parts(load).items()}
    return {"runtime": runtime_bytes(load), **side_by_side, "results": results}
