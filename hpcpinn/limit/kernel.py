r"""The tangent kernel of infinitely wide networks, block by block of a problem's terms.

For linear terms it is the operator applied on both sides, $K^*(x, x') = \mathcal{L}_x \mathcal{L}_{x'}
\Theta^*(x, x')$. For nonlinear ones the kernel converges in law to $\sum_{\alpha\beta} F_\alpha(x) F_\beta(x')\,
\partial^\alpha_x \partial^\beta_{x'} \Theta^*(x, x')$ with $F_\alpha = \partial F/\partial(\partial^\alpha u)$ at a
sample path $u$ of the limiting Gaussian process: one draw of the process is one draw of the kernel.
"""

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from hpcpinn import errors
from hpcpinn.limit import panels as of_panels
from hpcpinn.limit import paths, rows
from hpcpinn.limit.bijets import Bijet
from hpcpinn.limit.hermite import Expansion
from hpcpinn.limit.panels import Panel
from hpcpinn.limit.summands import Limit, limit
from hpcpinn.model.networks.network import Network
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem

Part = Literal["kernel", "covariance", "summands"]
# Linearisations of the rows of a panel; without draws where they do not depend on the fields.
_Coefficients = Float[Array, "*draw row channel field"]


@dataclass(frozen=True)
class LimitKernel:
    """The limit of a kernel.

    Attributes:
        values: row by row, by draw where draws were asked for, by site before that for summands.
        sites: the names of the summands; empty for others.
        expansion: how exactly the activation's expectations are known.
    """

    values: Float[np.ndarray, "*site_and_draw row row"]
    sites: tuple[str, ...]
    expansion: Expansion


def limit_kernel(
    problem: Problem,
    network: Network,
    points: Points,
    part: Part = "kernel",
    key: Key[Array, ""] | None = None,
    draws: int | None = None,
) -> LimitKernel:
    """The limit of the kernel, of the covariance of the rows, or of the kernel's summands.

    Args:
        problem: the terms.
        network: the description of a network; its width does not matter.
        points: where the terms are evaluated.
        part: which limit.
        key: of the draws.
        draws: how many draws of a random limit; all equal where the terms are linear.

    Raises:
        LimitError: a nonlinear problem without draws, or a limit that is not known.
    """
    _check(problem, part, key, draws)
    panels, expansion = of_panels.panels(problem, network, points)
    of_rows = _coefficients(problem, network, panels, key, draws)
    sites = tuple(site.name for site in network.sites(len(problem.coordinates), len(problem.fields)))
    chosen = sites if part == "summands" else (part,)
    leading = (len(chosen), *(() if draws is None else (draws,)))
    size = len(points.all)
    values = np.empty((*leading, size, size))
    for left, right in itertools.combinations_with_replacement(panels, 2):
        found = limit(network, left, right)
        for k, name in enumerate(chosen):
            block = _contracted(_part(found, name), of_rows[left.rows.start], of_rows[right.rows.start])
            _place(values[k], left, right, np.asarray(block))
    return LimitKernel(values if part == "summands" else values[0], sites if part == "summands" else (), expansion)


def _part(found: Limit, name: str) -> Bijet:
    whole: Mapping[str, Callable[[], Bijet]] = {
        "kernel": lambda: found.kernel,
        "covariance": lambda: found.covariance,
    }
    return whole[name]() if name in whole else found.summands[name]


def _check(problem: Problem, part: Part, key: Key[Array, ""] | None, draws: int | None) -> None:
    if draws is not None and draws < 1:
        raise errors.LimitError(f"draws = {draws} asks for no limit; allowed: 1 or more.")
    if (key is None) != (draws is None):
        raise errors.LimitError("a random limit needs both `key` and `draws`. Write key=jax.random.key(0), draws=100.")
    nonlinear = ", ".join(rows.nonlinear_terms(problem))
    if nonlinear and part == "covariance":
        raise errors.LimitError(
            f"the covariance of the rows of `{type(problem).__name__}` does not say how they are distributed, because "
            f'{nonlinear} is nonlinear; allowed: "kernel" and "summands". Ask for the covariance of a linear problem.'
        )
    if nonlinear and draws is None:
        raise errors.LimitError(
            f"the limit of `{type(problem).__name__}` is random, because {nonlinear} is nonlinear; allowed: draws of "
            "it. Write limit_ntk(..., key=jax.random.key(0), draws=100)."
        )


def _coefficients(
    problem: Problem, network: Network, panels: Sequence[Panel], key: Key[Array, ""] | None, draws: int | None
) -> dict[int, _Coefficients]:
    """The linearisations of all panels, by their first row."""
    random = rows.nonlinear_terms(problem)
    nonlinear = [panel for panel in panels if panel.term in random]
    found = {
        panel.rows.start: rows.of_linear(problem, problem.terms[panel.term], panel.x)
        for panel in panels
        if panel not in nonlinear
    }
    if nonlinear and key is not None and draws is not None:
        drawn = paths.paths(network, nonlinear, len(problem.fields), key, draws)
        for panel, fields in zip(nonlinear, drawn, strict=True):
            term, x = problem.terms[panel.term], jnp.asarray(panel.x)
            found[panel.rows.start] = jax.lax.map(functools.partial(rows.coefficients, problem, term, x), fields)
    return found


def _contracted(
    bijet: Bijet, left: Float[Array, "*left row channel field"], right: Float[Array, "*right col other field"]
) -> Float[Array, "*draw row col"]:
    r"""$\sum_f \sum_{\alpha\beta} F_{f\alpha}(x) F_{f\beta}(x') c_{\alpha\beta}(x, x')$, draw by draw."""
    if left.ndim == right.ndim == 3:
        return _sum(bijet, left, right)
    draws = max(left.shape[0] if left.ndim == 4 else 1, right.shape[0] if right.ndim == 4 else 1)
    pairs = [jnp.broadcast_to(one, (draws, *one.shape[-3:])) for one in (left, right)]
    return jax.lax.map(lambda pair: _sum(bijet, *pair), tuple(pairs))


@jax.jit
def _sum(bijet: Bijet, left: Array, right: Array) -> Float[Array, "row col"]:
    return jnp.einsum("naf,mbf,abnm->nm", left, right, bijet.by_side, optimize="optimal")


def _place(values: Float[np.ndarray, "*draw row row"], left: Panel, right: Panel, block: np.ndarray) -> None:
    """Put a block and its mirror image into place; below the diagonal of a diagonal one are mirror images as well."""
    down, across = slice(left.rows.start, left.rows.stop), slice(right.rows.start, right.rows.stop)
    if left is right:
        block = np.triu(block) + np.triu(block, 1).swapaxes(-1, -2)
    values[..., down, across] = block
    values[..., across, down] = block.swapaxes(-1, -2)
