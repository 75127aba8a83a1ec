"""A program for tests: kernels on all devices of all processes that it is started with, and their fingerprints.

Its argument is a JSON list: the arguments of `join` or null, and the variants, each with the name of its case, its
precision, its mapping and its layout. JAX_NUM_CPU_DEVICES has to be set before JAX starts, hence a program.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence

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


# Panels of at most 128 rows: the first term has three, more than 2 devices and fewer than 4. With erf last bits change
# as soon as the compiler may join products and what follows them; with tanh they did not.
CASES = {
    "plain": (Curvature(), MLP(width=32, depth=2, activation="erf", parametrization="mup"), {"curvature": 300}),
    "gated": (Steady(), ModifiedMLP(width=16, depth=2), {"burgers": 300, "value": 20}),
}


class Variant:
    """One case on all devices."""

    def __init__(self, name, dtype, mapping):
        self.problem, self.network, counts = CASES[name]
        self.points = self.problem.sample(counts, jax.random.key(1), "uniform")
        self.case = cases.case(self.problem, self.network, counts)
        self.devices = every_device(mapping)
        self.dtype = np.dtype(dtype)

    def params(self, seed=0):
        """Not by `network.init`, which compiles for a second."""
        random = np.random.default_rng(seed)
        return {
            site.name: {
                "weight": random.standard_normal((site.fan_out, site.fan_in)).astype(self.dtype),
                "bias": random.standard_normal(site.fan_out).astype(self.dtype),
            }
            for site in self.case.sites
        }

    def layout(self, name):
        if name == "seeds":
            many = jax.tree.map(lambda *leaves: np.stack(leaves), *[self.params(seed) for seed in range(SEEDS)])
            return Seeds(self.case, self.devices, networks.deal(self.devices, many))
        if name in ("placed", "drawn"):
            return Rows(self.case, self.devices, weights.Sharded(self.case, self.devices, self.weights(name)))
        return Rows(
            self.case, self.devices, Replicated(self.case, self.devices, self.devices.share(self.params())), name
        )

    def weights(self, origin):
        if origin == "placed":
            params = self.network.init(jax.random.key(0), self.problem, self.dtype)
            return weights.place(self.devices, self.network, params)
        return weights.draw(self.devices, self.network, jax.random.key(0), self.problem, self.dtype)

    def fingerprint(self, layout):
        kernel = assembly.whole(assembly.tiles(self.layout(layout), self.points, 1024), len(self.points.all), part=0)
        return hashlib.sha256(np.ascontiguousarray(kernel)).hexdigest()


def share(origin, mapping):
    """The part of the hidden weights that one device holds."""
    variant = Variant("plain", "float64", mapping)
    (held,) = variant.weights(origin).slabs.values()
    return held.addressable_shards[0].data.nbytes / (variant.network.width**2 * held.dtype.itemsize)


def main(group: Mapping | None, variants: Sequence[Sequence[str]]) -> None:
    if group:
        processes.join(**group)
    fingerprints = [Variant(*variant).fingerprint(layout) for *variant, layout in variants]
    placed = {(layout, mapping) for _, _, mapping, layout in variants if layout in ("placed", "drawn")}
    found = {"devices": jax.device_count(), "fingerprints": fingerprints, "shares": [share(*one) for one in placed]}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
