"""The numbers of one task: its cell with its seeds, narrow networks side by side, wide ones one by one."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from hpcpinn.kernel import devices, ensembles
from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.kernel.layouts.layout import Tile
from hpcpinn.plan.tasks import Task
from hpcpinn.run import limits, memory, programs
from hpcpinn.run.checkpoint import Midway
from hpcpinn.run.observation import Record, case_of
from hpcpinn.run.runs import run_seeds
from hpcpinn.run.safety import SafePoints
from hpcpinn.run.setup import Setup, setup
from hpcpinn.study.configuration import Configuration
from hpcpinn.study.study import Study

# Takes positions of the seed axis, names of the parts of a kernel, the position of a recorded step, and a tile.
Keep = Callable[[range, Sequence[str], int, Tile], None]


def compute(study: Study, task: Task, keep: Keep, points: SafePoints) -> Record:
    """Every quantity of the runs of a task, of the shape (seeds, ...); kernels go to `keep` tile by tile.

    Raises:
        Stopped: at one of the safe points between batches and within them.
    """
    configuration = study.configuration(task.cell)
    programs.keep_for(configuration)
    memory.reset_peak()
    cell = setup(_recording(configuration, study, task), study.folder)
    batches = _batches(cell, task)
    for positions in batches[len(points.state.finished) :]:
        points.finish(_batch(cell, study, task, positions, keep, points))
        if positions != batches[-1] or configuration.limit.compare:  # draws of a limit may take as long as all runs
            points.reach()
    finished = points.state.finished
    return {name: np.concatenate([batch[name] for batch in finished]) for name in finished[0]}


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


def _batch(cell: Setup, study: Study, task: Task, positions: range, keep: Keep, points: SafePoints) -> Record:
    midway = points.take_midway()
    started = time.monotonic() - (midway.seconds if midway else 0.0)
    seeds = study.seeds_at(positions)
    ensemble = ensembles.ensemble(cell.problem, cell.network, cell.points.counts, len(seeds))
    skipped = 0 if task.is_first else 1

    def pause(step: int, records: Sequence[Record], params: Any) -> None:
        points.reach(lambda: Midway(step, time.monotonic() - started, [*records], _read(ensemble, params)))

    def sink(place: int, tile: Tile) -> None:
        points.leave_if_asked()
        if place >= skipped and (place or midway is None):  # resumed, the kernel of step 0 is in the store
            keep(positions, parts, task.steps[0] + place - skipped, tile)

    parts = case_of(cell).parts
    record = run_seeds(cell, ensemble, seeds, sink, skipped, midway, pause)
    seconds = (time.monotonic() - started) / len(seeds)
    compared = {"limit_scale": limits.scale(cell)} if cell.configuration.limit.compare else {}
    alike = {"seconds": seconds} | compared
    return record | {name: np.full(len(seeds), value) for name, value in alike.items()}


def _read(ensemble: Ensemble, params: Any) -> list[np.ndarray]:
    """The parameters of all networks on the host, as long as somebody holds them and no longer."""
    return jax.tree.leaves(ensemble.read(jax.tree.map(devices.unread, params)))
