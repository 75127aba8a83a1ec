"""Ensembles: networks that differ in their seed, wide ones alone on all devices, narrow ones side by side."""

from collections.abc import Mapping

from hpcpinn.kernel.case import maps
from hpcpinn.kernel.devices import Devices, every_device
from hpcpinn.kernel.ensembles.ensemble import Ensemble
from hpcpinn.kernel.ensembles.several import Several
from hpcpinn.kernel.ensembles.single import Single
from hpcpinn.model.networks.network import Network
from hpcpinn.model.problem import Problem
from hpcpinn.plan import packing
from hpcpinn.plan.flops import assembly_flops


def is_narrow(problem: Problem, network: Network, counts: Mapping[str, int]) -> bool:
    """Whether networks are run side by side; depends on what is computed alone, never on devices or seeds."""
    return packing.is_narrow(assembly_flops(maps(problem, network, counts), sum(counts.values())))


def ensemble(
    problem: Problem, network: Network, counts: Mapping[str, int], networks: int, devices: Devices | None = None
) -> Ensemble:
    """The ensemble of so many networks, on all devices by default: a single one where they are wide.

    Raises:
        ValueError: several wide networks.
    """
    devices = devices or every_device()
    if is_narrow(problem, network, counts):
        return Several(Devices(devices.devices[:networks], devices.mapping), networks)
    if networks != 1:
        raise ValueError(f"{networks} wide networks side by side; allowed: one")
    return Single(devices)
