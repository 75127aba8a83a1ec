"""Ensembles: networks that differ in their seed, wide ones alone on all devices, narrow ones side by side."""

import functools
import math
from collections.abc import Mapping

from hpcpinn.kernel import processes
from hpcpinn.kernel.case import maps
from hpcpinn.kernel.devices import Devices, every_device, mapping
from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.kernel.ensembles.several import Several
from hpcpinn.kernel.ensembles.single import Single
from hpcpinn.model.networks.network import Network
from hpcpinn.model.problem import Problem
from hpcpinn.plan import narrow
from hpcpinn.plan.flops import assembly_flops
from hpcpinn.plan.panels import PANEL


def is_narrow(problem: Problem, network: Network, counts: Mapping[str, int]) -> bool:
    """Whether networks are run side by side; depends on what is computed alone, never on devices or seeds."""
    return _is_narrow(problem, network, tuple(counts.items()))


@functools.lru_cache(maxsize=256)
def _is_narrow(problem: Problem, network: Network, counts: tuple[tuple[str, int], ...]) -> bool:
    rows = sum(count for _, count in counts)
    return narrow.is_narrow(assembly_flops(maps(problem, network, dict(counts)), rows))


def ensemble(
    problem: Problem, network: Network, counts: Mapping[str, int], networks: int, devices: Devices | None = None
) -> Ensemble:
    """The ensemble of so many networks, on all devices by default: a single one where they are wide.

    Raises:
        ValueError: several wide networks.
    """
    if is_narrow(problem, network, counts):
        return Several(devices or _for_networks(networks), networks)
    if networks != 1:
        raise ValueError(f"{networks} wide networks side by side; allowed: one")
    return Single(devices or _for_rows(counts))


def _for_networks(networks: int) -> Devices:
    """One device per network, if there are so many; all of them where processes work together, or some would idle."""
    every = every_device(mapping())
    return every if processes.are_several() else Devices(every.devices[:networks], every.mapping)


def _for_rows(counts: Mapping[str, int]) -> Devices:
    """As many devices as there are panels; one on a CPU, where every product takes all cores by itself."""
    every = every_device(mapping())
    if processes.are_several():
        return every
    if every.devices[0].platform == "cpu":
        return Devices(every.devices[:1], every.mapping)
    most = max(math.ceil(rows / PANEL) for rows in counts.values())
    return Devices(every.devices[:most], every.mapping)
