"""The numbers of one task: its cell with its seeds, narrow networks side by side, wide ones one by one."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from hpcpinn.kernel import ensembles
from hpcpinn.kernel.layouts.layout import Tile
from hpcpinn.plan.tasks import Task
from hpcpinn.run import limits, memory, programs
from hpcpinn.run.observation import Record, case_of
from hpcpinn.run.runs import run_seeds
from hpcpinn.run.setup import Setup, setup
from hpcpinn.study.configuration import Configuration
from hpcpinn.study.study import Study

# Takes positions of the seed axis, names of the parts of a kernel, the position of a recorded step, and a tile.
Keep = Callable[[range, Sequence[str], int, Tile], None]


def compute(study: Study, task: Task, keep: Keep) -> Record:
    """Every quantity of the runs of a task, of the shape (seeds, ...); kernels go to `keep` tile by tile."""
    configuration = study.configuration(task.cell)
    programs.keep_for(configuration)
    memory.reset_peak()
    cell = setup(_recording(configuration, study, task), study.folder)
    batches = [_batch(cell, study, task, positions, keep) for positions in _batches(cell, task)]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _recording(configuration: Configuration, study: Study, task: Task) -> Configuration:
    """The configuration that records the steps of a task, and step 0 before them, with which they are compared."""
    if configuration.training is None:
        return configuration
    record = study.steps_at(range(*task.steps))
    training = configuration.training.model_copy(update={"record": record if task.is_first else (0, *record)})
    return configuration.model_copy(update={"training": training})


def _batches(cell: Setup, task: Task) -> list[range]:
    positions = range(*task.seeds)
    if ensembles.is_narrow(cell.problem, cell.network, cell.points.counts):
        return [positions]
    return [positions[k : k + 1] for k in range(len(positions))]


def _batch(cell: Setup, study: Study, task: Task, positions: range, keep: Keep) -> Record:
    started = time.monotonic()
    seeds = study.seeds_at(positions)
    ensemble = ensembles.ensemble(cell.problem, cell.network, cell.points.counts, len(seeds))
    skipped = 0 if task.is_first else 1

    def keep_step(place: int, tile: Tile) -> None:
        if place >= skipped:
            keep(positions, case_of(cell).parts, task.steps[0] + place - skipped, tile)

    record = run_seeds(cell, ensemble, seeds, keep_step, skipped)
    seconds = (time.monotonic() - started) / len(seeds)
    compared = {"limit_scale": limits.scale(cell)} if cell.configuration.limit.compare else {}
    alike = {"seconds": seconds} | compared
    return record | {name: np.full(len(seeds), value) for name, value in alike.items()}
