"""How physics-informed neural networks train, at scale: neural tangent kernels of differential operators.

The public names are found when they are first used, so that `import hpcpinn` costs nothing and does not start JAX.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpcpinn import results
    from hpcpinn.errors import HpcpinnError
    from hpcpinn.interface import limit_ntk, ntk
    from hpcpinn.launch.running import run_study
    from hpcpinn.model.catalogue import problem
    from hpcpinn.model.networks.mlp import MLP
    from hpcpinn.model.networks.modified_mlp import ModifiedMLP
    from hpcpinn.model.problem import Problem
    from hpcpinn.model.terms import boundary, interior
    from hpcpinn.reference.solution import Solution
    from hpcpinn.results.opening import open_study

__version__ = "0.1.0"

_HOMES = {
    "HpcpinnError": "hpcpinn.errors",
    "MLP": "hpcpinn.model.networks.mlp",
    "ModifiedMLP": "hpcpinn.model.networks.modified_mlp",
    "Problem": "hpcpinn.model.problem",
    "Solution": "hpcpinn.reference.solution",
    "boundary": "hpcpinn.model.terms",
    "interior": "hpcpinn.model.terms",
    "limit_ntk": "hpcpinn.interface",
    "ntk": "hpcpinn.interface",
    "open_study": "hpcpinn.results.opening",
    "problem": "hpcpinn.model.catalogue",
    "run_study": "hpcpinn.launch.running",
}

__all__ = [
    "MLP",
    "HpcpinnError",
    "ModifiedMLP",
    "Problem",
    "Solution",
    "boundary",
    "interior",
    "limit_ntk",
    "ntk",
    "open_study",
    "problem",
    "results",
    "run_study",
]


def __getattr__(name: str) -> Any:
    """Find a public name at its first use."""
    if name == "results":
        return importlib.import_module("hpcpinn.results")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
