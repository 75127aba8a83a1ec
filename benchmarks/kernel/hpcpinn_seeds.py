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
from hpcpinn.kernel import assembly, blocks, cores, ensembles, threads
from hpcpinn.kernel import case as cases
from hpcpinn.model.networks.network import Params

Way = Callable[[Case, Sequence[Params]], Float[np.ndarray, "seed mode"]]


def main() -> None:
    """Measure the spectra of the seeds of the case in the way it names."""
    case = Case.asked()
    cores.one_device_per_core(workers=1)
    draw, drawn = measurement.timed(lambda: _drawn(case))
    spectra = WAYS[case.variant]
    measurement.tell(case, lambda: spectra(case, drawn), draw=draw)


def one_at_a_time(case: Case, drawn: Sequence[Params]) -> Float[np.ndarray, "seed mode"]:
    """One kernel and one spectrum after the other, each by a call of `hpcpinn.ntk`."""
    network, points = equation.network(case), equation.points(case)
    kernels = (assembly.ntk(equation.PROBLEM, network, params, points) for params in drawn)
    return np.stack([blocks.describe(kernel, points.counts)["eigenvalue"][0] for kernel in kernels])


def side_by_side(case: Case, drawn: Sequence[Params]) -> Float[np.ndarray, "seed mode"]:
    """All kernels in one program, dealt out to one virtual device per core; spectra in one thread per core."""
    network, points = equation.network(case), equation.points(case)
    several = ensembles.ensemble(equation.PROBLEM, network, points.counts, len(drawn))
    params = several.deal(jax.tree.map(lambda *leaves: np.stack(leaves), *drawn))
    layout = several.layout(cases.case(equation.PROBLEM, network, points.counts), params)
    kernels = assembly.whole(assembly.tiles(layout, points, assembly.DEFAULT_TILE), len(points.all), part=0)
    return threads.described(lambda some: blocks.describe(some, points.counts), kernels)["eigenvalue"][:, 0]


WAYS: dict[str, Way] = {"one at a time": one_at_a_time, "side by side": side_by_side}


def _drawn(case: Case) -> list[Params]:
    return jax.block_until_ready([equation.parameters(case, seed) for seed in range(case.seeds)])


if __name__ == "__main__":
    main()
