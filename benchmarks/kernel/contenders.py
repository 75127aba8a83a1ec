"""Who takes part, and what each of them cannot do on this machine."""

from dataclasses import dataclass

from benchmarks.kernel import flops
from benchmarks.kernel.case import Case

# A contender is not waited for longer than this, by what its operations take at half of the GEMM rate.
PATIENCE = 120.0
# Share of the memory that a Jacobian may take: the products need their operands twice, and the machine runs on.
SHARE = 0.6
# Share of the memory that one block of the explicit Jacobian may take.
BLOCK_SHARE = SHARE / 4


@dataclass(frozen=True)
class Contender:
    """One way to compute the kernel: the module that does it, and the variant that it is asked for."""

    name: str
    module: str
    variant: str = ""
    holds_jacobian: bool = False
    multiplies_jacobian: bool = False

    @property
    def needs_peers(self) -> bool:
        """Whether it runs in the environment of the peers."""
        return self.module == "tangents"

    def refusal(self, case: Case, memory: int, rate: float) -> str:
        """Why it is not asked, in words for the table; "" if it is.

        Args:
            case: the kernel.
            memory: bytes of the machine or of its accelerator.
            rate: its GEMM rate, FLOP/s.
        """
        jacobian = case.rows * case.parameter_count * case.itemsize
        if self.holds_jacobian and jacobian > SHARE * memory:
            return f"needs {jacobian / 1e9:.3g} GB"
        seconds = 2 * flops.explicit(case) / rate
        if self.multiplies_jacobian and seconds > PATIENCE:
            return f"takes {seconds / 60:.0f} min"
        return ""


KERNELS = (
    Contender("hpcpinn", "structured"),
    Contender("explicit", "explicit", "plain", holds_jacobian=True, multiplies_jacobian=True),
    Contender("explicit", "explicit", "panels", holds_jacobian=True, multiplies_jacobian=True),
    Contender("explicit", "explicit", "blocks", multiplies_jacobian=True),
    Contender("neural-tangents", "tangents", "jacobian_contraction", holds_jacobian=True, multiplies_jacobian=True),
    Contender("neural-tangents", "tangents", "structured_derivatives"),
)
# Ways of hpcpinn_seeds.WAYS by their names: one takes part when it stands here. The others are compared with the first.
SEEDS = (Contender("seeds", "hpcpinn_seeds", "one at a time"), Contender("seeds", "hpcpinn_seeds", "side by side"))
NAMES = tuple(dict.fromkeys(contender.name for contender in (*KERNELS, *SEEDS)))
