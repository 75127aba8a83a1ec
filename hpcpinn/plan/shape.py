"""What the store of a study has: its dimensions with their sizes, which quantities, and which kernels."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from hpcpinn.plan.hypercube import RANDOM_LIMIT, Kept
from hpcpinn.plan.layers import all_layers
from hpcpinn.plan.outline import Outline
from hpcpinn.plan.points import PointCell
from hpcpinn.study.configuration import Configuration
from hpcpinn.study.extent import Extent
from hpcpinn.study.study import Study


@dataclass(frozen=True)
class Shape:
    """The shape of a store.

    Attributes:
        layers: layers whose share in the kernel is kept.
        linearized: the kernels under which training is predicted.
        sizes: length of every dimension.
        available: what `hypercube.Quantity.needs` may ask for and holds.
        kept: how kernels are stored.
    """

    layers: tuple[str, ...]
    linearized: tuple[str, ...]
    sizes: dict[str, int]
    available: frozenset[str]
    kept: Kept


def shape_of(
    study: Study, extent: Extent, outline: Outline, points: Sequence[PointCell], configurations: Sequence[Configuration]
) -> Shape:
    """The shape of the store of a study with this extent, from the configurations of all its cells."""
    first = configurations[0]  # for keys that are the same in all
    available = _available(first, outline) | _optional(configurations)
    layers = all_layers((each.network for each in configurations), first.kernel.summands)
    linearized = _linearized(available)
    sizes = _sizes(study, extent, outline, points)
    optional = {
        "layer": len(layers),
        "linearized": len(linearized),
        "draw": first.limit.draws if RANDOM_LIMIT in available else 0,
    }
    sizes |= {name: size for name, size in optional.items() if size}
    return Shape(layers, linearized, sizes, available, _kept(configurations, extent.seeds.size))


def _available(first: Configuration, outline: Outline) -> frozenset[str]:
    trained, compared = first.training is not None, first.limit.compare
    holds = {
        "training": trained,
        "prediction": first.training is not None and first.training.predict,
        "solution": outline.has_solution and first.points.compared > 0,
        "spectrum": first.kernel.spectrum == "full",
        "layers": first.kernel.summands != "none",
        "comparison": compared,
        "limit": compared and outline.is_linear,
        RANDOM_LIMIT: compared and not outline.is_linear,
    }
    return frozenset(name for name, true in holds.items() if true)


def _optional(configurations: Sequence[Configuration]) -> frozenset[str]:
    """What some cells have and others leave to NaN."""
    optimizers = {each.training.optimizer for each in configurations if each.training is not None}
    return frozenset({"damping"} if "levenberg_marquardt" in optimizers else ())


def _linearized(available: Container[str]) -> tuple[str, ...]:
    """The kernels under which training is predicted; a random limit has none to offer."""
    if "prediction" not in available:
        return ()
    return ("initial", "limit") if "limit" in available else ("initial",)


def _kept(configurations: Sequence[Configuration], seeds: int) -> Kept:
    kernels = [configuration.kernel for configuration in configurations]
    single = all(kernel.precision == "float32" for kernel in kernels)
    kept = {"all": seeds, "first_seed": 1, "none": 0}[kernels[0].keep]
    return Kept(kept, "float32" if single else "float64", kernels[0].tile)


def _sizes(study: Study, extent: Extent, outline: Outline, points: Sequence[PointCell]) -> dict[str, int]:
    rows = max(point.rows for point in points)
    axes = {axis.name: length for axis, length in zip(study.axes, extent.lengths(), strict=True)}
    terms = len(outline.terms)
    inner = {"row": rows, "col": rows, "term": terms, "block": terms + 1, "mode": rows}
    return axes | inner | {"step": extent.steps.size}
