"""A problem that is in trouble when it is evaluated in a job: it takes too much memory once, and too long once."""

import contextlib
import os
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import hpcpinn

_HERE = Path(__file__).parent
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
    """A file beside this one asks for each trouble, until somebody has ended of it: others may end who have it."""
    for reason, trouble in (("memory", _take_memory), ("walltime", _take_time)):
        wanted = (_HERE / f"{reason}.trouble").exists()
        if wanted and not any(_HERE.glob(f"*.zarr/ledger/*.{reason}*.ended.json")) and _is_mine(reason):
            trouble()
            return


def _is_mine(reason):
    """Whether nobody else alive has this trouble: one process at a time."""
    owner = _HERE / f"{reason}.owner"
    with contextlib.suppress(FileNotFoundError, ValueError):
        if Path(f"/proc/{int(owner.read_text())}/exe").exists():
            return False
        owner.unlink()
    try:
        with owner.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return False
    return True


def _take_memory():
    for _ in range(40):
        _held.append(np.ones(2**27 // 8))  # 128 MiB
        time.sleep(0.2)


def _take_time():
    time.sleep(600)
