"""Compiled programs of this process: kept from task to task of a cell, dropped when the cell changes.

Programs of one cell are of no use to another, since shapes differ; kept, they grew a process of 70 small tasks in 14
cells from 650 to 820 MiB, beyond what the plan projects for any of them.
"""

import gc

import jax

from hpcpinn.study.configuration import Configuration

_last: list[Configuration] = []


def keep_for(configuration: Configuration) -> None:
    """Drop the programs of other cells before the first task of this one."""
    if _last != [configuration]:
        jax.clear_caches()
        gc.collect()
        _last[:] = [configuration]
