"""The arrays that tasks write: one per quantity, over the axes of the sweep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpcpinn.plan.variables import Variable

# A cell with fewer rows than others leaves the end of these dimensions to NaN.
PADDED = ("row", "col", "mode")


@dataclass(frozen=True)
class Quantity:
    """What a variable means: its dimensions after the sweep, and when it is there.

    Attributes:
        name: name of the variable.
        dims: dimensions after the axes of the sweep.
        long_name: what it is.
        formula: how it is defined.
        units: "1" unless said otherwise.
        needs: what has to hold: "kernel" (kernels are kept), "layers" (also those of layers), "spectrum" (eigenvalues
            are wanted), "training" or "exact" (a solution is known); "" if always there.
    """

    name: str
    dims: tuple[str, ...]
    long_name: str
    formula: str
    units: str = "1"
    needs: str = ""


_SPECTRAL = ("step", "block")

QUANTITIES = (
    Quantity("kernel", ("step", "row", "col"), "neural tangent kernel", "K = J J^T, J = dr/dtheta", needs="kernel"),
    Quantity(
        "layer_kernel",
        ("step", "layer", "row", "col"),
        "share of one layer in the kernel; of the output layer, the conjugate kernel",
        "K_l = J_l J_l^T, J_l = dr/dtheta_l",
        needs="layers",
    ),
    Quantity(
        "eigenvalue",
        (*_SPECTRAL, "mode"),
        "eigenvalues of the block, largest first",
        "K q = lambda q",
        needs="spectrum",
    ),
    Quantity("noise_floor", _SPECTRAL, "eigenvalues below this are round-off", "n eps lambda_max"),
    Quantity("trace", _SPECTRAL, "trace of the block", "sum_i K_ii"),
    Quantity("frobenius_norm", _SPECTRAL, "Frobenius norm of the block", "sqrt(sum_ij K_ij^2)"),
    Quantity("spectral_norm", _SPECTRAL, "spectral norm of the block", "max_v |K v| / |v|"),
    Quantity("kernel_drift", ("step",), "drift of the kernel", "|K(step) - K(0)|_F / |K(0)|_F", needs="training"),
    Quantity("parameter_drift", ("step",), "drift of the parameters", "|p(step) - p(0)| / |p(0)|", needs="training"),
    Quantity("loss", ("step", "term"), "unweighted loss of the term", "see training.loss", needs="training"),
    Quantity("weight", ("step", "term"), "weight of the term in the loss", "see training.weighting", needs="training"),
    Quantity("relative_l2", ("step",), "relative L2 error", "|u - u_exact|_2 / |u_exact|_2", needs="exact"),
    Quantity(
        "stability",
        ("step",),
        "stability of gradient descent; unstable above 1",
        "learning rate over the stability edge of the loss in use",
        needs="training",
    ),
    Quantity("seconds", (), "time that the run took", "wall clock of the task over its runs", units="s"),
    Quantity("peak_bytes", (), "peak memory of the process that ran it", "maximum resident set size", units="bytes"),
)
# A second attempt at a task measures other values of these, and the same values of everything else.
MEASURED = ("seconds", "peak_bytes")


@dataclass(frozen=True)
class Kept:
    """How kernels are stored: how many seeds, with what precision, in which tiles.

    Attributes:
        seeds: leading positions of the seed axis whose kernels are kept; 0 for none.
        dtype: "float64" or "float32".
        tile: length of a chunk along row and col.
    """

    seeds: int
    dtype: str
    tile: int


def data_variables(
    sweep: Sequence[str], sizes: Mapping[str, int], seeds_per_task: int, kept: Kept, available: Iterable[str]
) -> tuple[Variable, ...]:
    """The variables of a store.

    Args:
        sweep: names of the axes, seed last.
        sizes: length of every dimension.
        seeds_per_task: length of a chunk along the seed axis.
        kept: how kernels are stored.
        available: which of "training", "exact", "spectrum" and "layers" hold; "kernel" follows from `kept`.
    """
    layout = _Layout(tuple(sweep), sizes, seeds_per_task)
    there = {"", *available} | ({"kernel"} if kept.seeds else set())
    there -= set() if kept.seeds else {"layers"}
    return tuple(
        layout.kernel(quantity, kept) if "row" in quantity.dims else layout.small(quantity)
        for quantity in QUANTITIES
        if quantity.needs in there
    )


@dataclass(frozen=True)
class _Layout:
    sweep: tuple[str, ...]
    sizes: Mapping[str, int]
    seeds_per_task: int

    def small(self, quantity: Quantity) -> Variable:
        """A task's part is one chunk: its seeds side by side, everything after them whole."""
        chunks = {dim: self.sizes[dim] for dim in quantity.dims} | {"seed": self.seeds_per_task}
        return self._variable(quantity, chunks, "float64", None)

    def kernel(self, quantity: Quantity, kept: Kept) -> Variable:
        """One chunk per tile of one kernel, so that who reads one kernel reads nothing else."""
        side = min(kept.tile, self.sizes["row"])
        return self._variable(quantity, {"row": side, "col": side}, kept.dtype, kept.seeds)

    def _variable(self, quantity: Quantity, chunks: Mapping[str, int], dtype: str, kept: int | None) -> Variable:
        dims = (*self.sweep, *quantity.dims)
        attrs = {"units": quantity.units, "long_name": quantity.long_name, "formula": quantity.formula}
        shape = tuple(self.sizes[dim] for dim in dims)
        return Variable(
            quantity.name, dims, shape, tuple(chunks.get(dim, 1) for dim in dims), dtype, attrs, kept_seeds=kept
        )
