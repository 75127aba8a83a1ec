"""Layers whose share in the kernel is kept, by the names of the network's linear maps."""

from collections.abc import Iterable

from hpcpinn.study.configuration import Network

OUTPUT = "output"
_ENCODERS = {"mlp": (), "modified_mlp": ("encoder_u", "encoder_v")}


def layers(network: Network, summands: str) -> tuple[str, ...]:
    """The layers that one network has and the study asks for.

    Args:
        network: its section of the study.
        summands: "none", "conjugate" for the output layer alone, whose share is the conjugate kernel, or "layers".
    """
    hidden = (f"hidden_{k}" for k in range(1, network.depth + 1))
    every = (*_ENCODERS[network.architecture], *hidden, OUTPUT)
    return {"none": (), "conjugate": (OUTPUT,), "layers": every}[summands]


def all_layers(networks: Iterable[Network], summands: str) -> tuple[str, ...]:
    """The layers of all networks of a study, in the order of the one with the most."""
    found = {name for network in networks for name in layers(network, summands)}
    deepest = sorted(found, key=_order)
    return tuple(deepest)


def _order(name: str) -> tuple[int, int, str]:
    """Encoders, hidden layers by number, output."""
    kind, _, number = name.partition("_")
    place = {"encoder": 0, "hidden": 1, "output": 2}[kind]
    return place, int(number) if number.isdigit() else 0, name
