"""A program for tests: kernels on as many devices and processes as it is started with, one JSON line of fingerprints.

Its first argument is a JSON object: "processes" in JSON form of the arguments of `join`, or null, and the names of
"variants". How many devices a process has says JAX_NUM_CPU_DEVICES, which is read before JAX starts.
"""

import hashlib
import json
import sys

import jax
import numpy as np

from hpcpinn.kernel import assembly, processes
from hpcpinn.kernel import case as cases
from hpcpinn.kernel.devices import every_device
from hpcpinn.kernel.layouts import networks, weights
from hpcpinn.kernel.layouts.rows import Replicated, Rows
from hpcpinn.kernel.layouts.seeds import Seeds
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.problem import Problem
from hpcpinn.model.terms import boundary, interior

SEEDS = 3


class Curvature(Problem):
    """One term."""

    coordinates = {"x": (-1.0, 1.0)}

    @interior
    def curvature(self, p, f):
        return f.u_xx


class Steady(Problem):
    """Two terms, one of them not linear."""

    coordinates = {"x": (-1.0, 1.0)}

    @interior
    def burgers(self, p, f):
        return f.u * f.u_x - 0.1 * f.u_xx

    @boundary(x=(-1, 1))
    def value(self, p, f):
        return f.u - p.x


# Three panels of at most 128 rows: more than 2 devices and fewer than 4 or 8.
CASES = {
    "plain": (Curvature(), MLP(width=32, depth=2), {"curvature": 300}),
    "gated": (Steady(), ModifiedMLP(width=16, depth=2), {"burgers": 300, "value": 20}),
}


class Variant:
    """One case on all devices, in one precision and by one mapping."""

    def __init__(self, name: str, dtype: str, mapping: str) -> None:
        self.problem, self.network, counts = CASES[name]
        self.points = self.problem.sample(counts, jax.random.key(1), "uniform")
        self.case = cases.case(self.problem, self.network, counts)
        self.devices = every_device(mapping)
        self.dtype = np.dtype(dtype)

    def params(self, seed: int = 0):
        return self.network.init(jax.random.key(seed), self.problem, self.dtype)

    def kernel(self, layout) -> np.ndarray:
        return assembly.whole(assembly.tiles(layout, self.points, 1024), len(self.points.all), part=0)

    def rows(self, exchange: str) -> np.ndarray:
        source = Replicated(self.case, self.devices, self.devices.share(self.params()))
        return self.kernel(Rows(self.case, self.devices, source, exchange))

    def seeds(self) -> np.ndarray:
        many = jax.tree.map(lambda *leaves: np.stack(leaves), *[self.params(seed) for seed in range(SEEDS)])
        return self.kernel(Seeds(self.case, self.devices, networks.deal(self.devices, many)))

    def placed(self) -> weights.Weights:
        return weights.place(self.devices, self.network, self.params())

    def drawn(self) -> weights.Weights:
        return weights.draw(self.devices, self.network, jax.random.key(0), self.problem, self.dtype)

    def sharded(self, own: weights.Weights) -> np.ndarray:
        return self.kernel(Rows(self.case, self.devices, weights.Sharded(self.case, self.devices, own)))


def fingerprint(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def main(processes_: dict | None, variants: list[tuple[str, str, str, str]]) -> None:
    if processes_:
        processes.join(**processes_)
    found = {"devices": jax.device_count(), "processes": jax.process_count()}
    for name, dtype, mapping, layout in variants:
        one = Variant(name, dtype, mapping)
        if layout in ("ring", "gather"):
            kernel = one.rows(layout)
        elif layout == "seeds":
            kernel = one.seeds()
        else:
            own = one.placed() if layout == "placed" else one.drawn()
            kernel = one.sharded(own)
            found["bytes"] = [leaf.addressable_shards[0].data.nbytes / leaf.nbytes for leaf in own.slabs.values()]
        found["/".join((name, dtype, mapping, layout))] = fingerprint(kernel)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
