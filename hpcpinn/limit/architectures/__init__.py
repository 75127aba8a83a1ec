"""Architectures whose infinite-width limit is known: one file each."""

from types import ModuleType

from hpcpinn import errors
from hpcpinn.limit.architectures import mlp, modified_mlp
from hpcpinn.limit.architectures.architecture import Architecture
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.networks.network import Network

_LIMITS: dict[type[Network], ModuleType] = {MLP: mlp, ModifiedMLP: modified_mlp}


def architecture(network: Network) -> Architecture:
    """The limit of a network's class.

    Raises:
        LimitError: a class whose limit is not known here.
    """
    if type(network) not in _LIMITS:
        raise errors.LimitError(
            f"the infinite-width limit of `{type(network).__name__}` is not known; allowed: "
            f"{', '.join(known.__name__ for known in _LIMITS)}. Compare widths with each other instead."
        )
    return _LIMITS[type(network)]  # pyright: ignore[reportReturnType]: a module is an architecture
