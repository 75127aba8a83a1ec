"""A problem that is in trouble a few times when it is evaluated in a job: it takes too much memory, or too long."""

import contextlib
import os
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import hpcpinn

_held = []


class Storm(hpcpinn.Problem):
    """Poisson equation u_xx + π² sin πx = 0."""

    coordinates = {"x": (0.0, 1.0)}

    @hpcpinn.interior
    def residual(self, p, f):
        return f.u_xx + jnp.pi**2 * jnp.sin(jnp.pi * p.x)

    @hpcpinn.boundary(x=(0, 1))
    def boundary(self, p, f):
        return f.u

    def exact(self, p):
        if "SLURM_ARRAY_TASK_ID" in os.environ:
            _meet_trouble()
        return jnp.sin(jnp.pi * p.x)


def _meet_trouble():
    """Files beside this one say what trouble is left; who removes one has it."""
    for trouble in sorted(Path(__file__).parent.glob("*.trouble")):
        with contextlib.suppress(FileNotFoundError):
            trouble.unlink()
            (Path(__file__).parent / f"{trouble.stem}.met").touch()
            _HAVE[trouble.stem.partition("-")[0]]()
            return


def _take_memory():
    for _ in range(30):
        _held.append(np.ones(2**27 // 8))  # 128 MiB
        time.sleep(0.3)


_HAVE = {"memory": _take_memory, "time": lambda: time.sleep(600)}
