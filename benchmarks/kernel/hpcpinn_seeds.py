"""Contender: kernels and spectra of many networks of one shape, the ways of this package; the variant says which.

A way is a function of the case and of the parameters of its seeds which returns their spectra, largest eigenvalue
first. Parameters are drawn beforehand, and what that took is told apart.
"""

from collections.abc import Callable, Sequence

import jax
import numpy as np
from jaxtyping import Float

from benchmarks.kernel import equation, measurement
from benchmarks.kernel.case import Case
from hpcpinn.kernel import assembly, blocks
from hpcpinn.model.networks.network import Params

Way = Callable[[Case, Sequence[Params]], Float[np.ndarray, "seed mode"]]


def main() -> None:
    """Measure the spectra of the seeds of the case in the way it names."""
    case = Case.asked()
    draw, drawn = measurement.timed(lambda: _drawn(case))
    spectra = WAYS[case.variant]
    measurement.tell(case, lambda: spectra(case, drawn), draw=draw)


def one_at_a_time(case: Case, drawn: Sequence[Params]) -> Float[np.ndarray, "seed mode"]:
    """One kernel and one spectrum after the other, as the package did it first."""
    network, points = equation.network(case), equation.points(case)
    kernels = (assembly.ntk(equation.PROBLEM, network, params, points) for params in drawn)
    return np.stack([blocks.describe(kernel, points.counts)["eigenvalue"][0] for kernel in kernels])


WAYS: dict[str, Way] = {"one at a time": one_at_a_time}


def _drawn(case: Case) -> list[Params]:
    return jax.block_until_ready([equation.parameters(case, seed) for seed in range(case.seeds)])


if __name__ == "__main__":
    main()
