"""What can be done with the networks of an ensemble, without knowing where they are."""

from typing import Any, Protocol, runtime_checkable

from hpcpinn.kernel.case import Case
from hpcpinn.kernel.layouts.layout import Layout
from hpcpinn.kernel.layouts.networks import Function


@runtime_checkable
class Ensemble(Protocol):
    """Networks of one shape. What each has of its own is a tree that only the ensemble reads."""

    @property
    def count(self) -> int:
        """How many networks there are."""
        ...

    def deal(self, tree: Any) -> Any:
        """Arrays with a leading axis of networks become what each network has of its own."""
        ...

    def alone(self, tree: Any) -> Any:
        """Arrays of the only network of an ensemble of one."""
        ...

    def map(self, function: Function, shared: Any, own: Any) -> Any:
        """Apply a function to every network; what it returns is again each network's own."""
        ...

    def replace(self, function: Function, shared: Any, own: Any, beside: Any) -> Any:
        """Apply a function of the pair `(own, beside)`, whose result takes the place of `own`: what was there is gone.

        Takes half of the memory of `map` where networks are large.
        """
        ...

    def read(self, own: Any) -> Any:
        """Arrays on the host with a leading axis of networks."""
        ...

    def layout(self, case: Case, params: Any) -> Layout:
        """How the kernels of the networks with these parameters are computed."""
        ...
