"""Networks: one architecture per file. A network is a description; its parameters are a separate pytree."""

from hpcpinn import errors
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.networks.network import Network

ARCHITECTURES: dict[str, type[Network]] = {"mlp": MLP, "modified_mlp": ModifiedMLP}


def architecture(name: str) -> type[Network]:
    """An architecture by its name; raises NetworkError for a name that does not exist."""
    return errors.chosen(ARCHITECTURES, "architecture", name, errors.NetworkError)
