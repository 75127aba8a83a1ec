"""The arrays that tasks write: one per quantity, over the axes of the sweep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpcpinn.plan.variables import STEP, Variable

# A cell with fewer rows than others leaves the end of these dimensions to NaN.
PADDED = ("row", "col", "mode")
RANDOM_LIMIT = "random limit"


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
            are wanted), "training", "damping" (some cell is trained by Levenberg-Marquardt), "solution" (an exact or
            reference one is there), "prediction" (linearised dynamics are wanted), "comparison" (kernels are compared
            with their limit), and either "limit" (which is one kernel) or "random limit" (which is drawn); "" if always
            there.
        of_limit: whether it depends on those axes alone on which an infinitely wide network depends.
    """

    name: str
    dims: tuple[str, ...]
    long_name: str
    formula: str
    units: str = "1"
    needs: str = ""
    of_limit: bool = False


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
    Quantity(
        "relative_l2",
        ("step",),
        "relative L2 error against the exact or reference solution",
        "|u - u*|_2 / |u*|_2",
        needs="solution",
    ),
    Quantity(
        "stability",
        ("step",),
        "stability of gradient descent; unstable above 1",
        "learning rate over the stability edge of the loss in use; NaN for optimisers that it does not bind",
        needs="training",
    ),
    Quantity(
        "diverged_step",
        ("step",),
        "step that would have left the range of numbers and was not taken; NaN as long as there is none",
        "min {k : p(k) is not finite}",
        needs="training",
    ),
    Quantity("damping", ("step",), "damping of Levenberg-Marquardt steps", "(K + mu I) a = s", needs="damping"),
    Quantity("accepted_steps", ("step",), "steps with which the loss fell", "number of steps so far", needs="damping"),
    Quantity("rejected_steps", ("step",), "dampings with which it did not", "number of trials so far", needs="damping"),
    Quantity(
        "residual_norm", ("step", "block"), "Euclidean norm of the rows of the block", "|r|_2", needs="prediction"
    ),
    Quantity(
        "predicted_residual_norm",
        ("step", "linearized", "block"),
        "norm of the rows under a kernel that stays as it is",
        "r(k) = (I - 2 eta K W)^k r(0)",
        needs="prediction",
    ),
    Quantity(
        "mode_residual",
        ("step", "linearized", "mode"),
        "weighted residuals along the eigenvectors of that kernel",
        "|q . W^(1/2) r(k)|, W^(1/2) K W^(1/2) q = lambda q",
        needs="prediction",
    ),
    Quantity(
        "predicted_mode_residual",
        ("step", "linearized", "mode"),
        "the same under a kernel that stays as it is",
        "|1 - 2 eta lambda|^k |q . W^(1/2) r(0)|",
        needs="prediction",
    ),
    Quantity(
        "limit_distance",
        ("step",),
        "distance of the kernel from its limit of infinite width",
        "|K / limit_scale - K*|_F / |K*|_F",
        needs="limit",
    ),
    Quantity(
        "limit_scale",
        (),
        "what K is divided by before it is compared with its limit: the width for the parametrisation standard",
        "K / limit_scale -> K*",
        needs="comparison",
    ),
    Quantity(
        "limit_kernel",
        ("row", "col"),
        "limit K* of infinite width of the kernel at initialisation",
        "K*(x, x') = L_x L_x' Theta*(x, x')",
        needs="limit",
        of_limit=True,
    ),
    *(
        Quantity(f"limit_{name}", (*drawn, "block", *of_block), long_name, formula, needs=needs, of_limit=True)
        for needs, drawn in (("limit", ()), (RANDOM_LIMIT, ("draw",)))
        for name, of_block, long_name, formula in (
            ("eigenvalue", ("mode",), "eigenvalues of the block of K*, largest first", "K* q = lambda q"),
            ("trace", (), "trace of the block of K*", "sum_i K*_ii"),
            ("frobenius_norm", (), "Frobenius norm of the block of K*", "sqrt(sum_ij K*_ij^2)"),
            ("spectral_norm", (), "spectral norm of the block of K*", "max_v |K* v| / |v|"),
        )
    ),
    Quantity("seconds", (), "time that the run took", "wall clock of the task over its runs", units="s"),
    Quantity("peak_bytes", (), "peak memory of the process that ran it", "maximum resident set size", units="bytes"),
)
# A second attempt at a task measures other values of these, and the same values of everything else.
MEASURED = ("seconds", "peak_bytes")
# Some optimisers report these; they are NaN in the cells of others.
REPORTED = ("damping", "accepted_steps", "rejected_steps")


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
    sweep: Sequence[str],
    sizes: Mapping[str, int],
    seeds_per_task: int,
    kept: Kept,
    available: Iterable[str],
    of_limit: tuple[int, ...] = (),
    steps_per_task: int | None = None,
) -> tuple[Variable, ...]:
    """The variables of a store.

    Args:
        sweep: names of the axes, seed last.
        sizes: length of every dimension.
        seeds_per_task: length of a chunk along the seed axis.
        kept: how kernels are stored.
        available: what `Quantity.needs` may ask for and holds; "kernel" follows from `kept`.
        of_limit: places of the axes on which an infinitely wide network depends.
        steps_per_task: length of a chunk along the recorded steps, kernels aside; all of them by default.
    """
    layout = _Layout(tuple(sweep), sizes, seeds_per_task, of_limit, steps_per_task or sizes[STEP])
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
    of_limit: tuple[int, ...]
    steps_per_task: int

    def small(self, quantity: Quantity) -> Variable:
        """A task's part is one chunk: its seeds side by side, everything after them whole."""
        chunks = {dim: self.sizes[dim] for dim in quantity.dims}
        chunks |= {"seed": self.seeds_per_task, STEP: self.steps_per_task}
        return self._variable(quantity, chunks, "float64", None)

    def kernel(self, quantity: Quantity, kept: Kept) -> Variable:
        """One chunk per tile of one kernel, so that who reads one kernel reads nothing else."""
        side = min(kept.tile, self.sizes["row"])
        dtype, seeds = ("float64", None) if quantity.of_limit else (kept.dtype, kept.seeds)
        return self._variable(quantity, {"row": side, "col": side}, dtype, seeds)

    def _variable(self, quantity: Quantity, chunks: Mapping[str, int], dtype: str, kept: int | None) -> Variable:
        places = self.of_limit if quantity.of_limit else None
        sweep = self.sweep if places is None else (self.sweep[place] for place in places)
        dims = (*sweep, *quantity.dims)
        shape = tuple(self.sizes[dim] for dim in dims)
        along = tuple(chunks.get(dim, 1) for dim in dims)
        attrs = {"units": quantity.units, "long_name": quantity.long_name, "formula": quantity.formula}
        return Variable(quantity.name, dims, shape, along, dtype, attrs, kept_seeds=kept, places=places)
