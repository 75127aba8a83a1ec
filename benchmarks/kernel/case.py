"""One case of the benchmark: the kernel of which network, on how many points, in which precision."""

import dataclasses
import json
import sys
from dataclasses import dataclass
from typing import Any, Self

ITEMSIZE = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class Case:
    """What every contender is asked: K = J Jᵀ of r(x) = u_xx(x) on a grid of [-1, 1], tanh, NTK parametrisation.

    Args:
        width: neurons of every hidden layer, N.
        rows: points, n.
        precision: "float32" or "float64".
        depth: hidden layers, L.
        seeds: networks whose kernels and spectra are wanted; the first has the seed 0.
        variant: how, where a contender has several ways.
        budget: seconds that repetitions may take together, after the first call; at least three are made.
        memory: bytes that a contender with a choice may use.
        parameters: file with parameters and points for a contender that cannot draw them; "" for none.
        answer: file for the kernel, or for the spectra of all seeds; "" for none.
        sizes: sides of the square matrices, for the GEMM rate.
    """

    width: int
    rows: int
    precision: str
    depth: int = 3
    seeds: int = 1
    variant: str = ""
    budget: float = 1.0
    memory: int = 2**30
    parameters: str = ""
    answer: str = ""
    sizes: tuple[int, ...] = (2048, 4096)

    @classmethod
    def asked(cls) -> Self:
        """The case that this process was started for: JSON in the first argument."""
        return cls.read(json.loads(sys.argv[1]))

    @classmethod
    def read(cls, parts: dict[str, Any]) -> Self:
        """A case from its parts as JSON knows them: without tuples."""
        return cls(**{**parts, "sizes": tuple(parts.get("sizes", cls.sizes))})

    def text(self) -> str:
        """The case as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @property
    def itemsize(self) -> int:
        """Bytes of one number."""
        return ITEMSIZE[self.precision]

    @property
    def parameter_count(self) -> int:
        """P = (L - 1) N (N + 1) for the hidden layers, 2N for the first and N + 1 for the output."""
        hidden = (self.depth - 1) * self.width * (self.width + 1)
        return hidden + 2 * self.width + self.width + 1
