"""Public functions that join numerics and labels: a kernel of one network as a labelled array."""

from jaxtyping import Array, Key

from hpcpinn.kernel import assembly
from hpcpinn.limit import kernel as limit
from hpcpinn.limit.scaling import scaling
from hpcpinn.model.networks.network import Network, Params
from hpcpinn.model.points import Points
from hpcpinn.model.problem import Problem
from hpcpinn.results.labels import LabelledKernel, labelled_kernel


def ntk(
    problem: Problem, network: Network, params: Params, points: Points, *, tile: int = assembly.DEFAULT_TILE
) -> LabelledKernel:
    r"""The neural tangent kernel $K = J J^\top$, $J = \partial r/\partial\theta$, of all terms of a problem.

    Dimensions `row` and `col`; rows are labelled by `term` and by the coordinates of their points, columns by the same
    names with `col_` before them. float64 for float64 parameters. Computed without the Jacobian, for any network whose
    parameters enter through linear maps used once per point.

    Args:
        problem: the terms.
        network: the description of the network.
        params: its parameters, from `network.init(key, problem)`.
        points: where the terms are evaluated, from `problem.sample(counts)`.
        tile: rows of the kernel that are computed together; bounds the memory of a step.

    Raises:
        ProblemError: a term that cannot be evaluated or does not return one real number.
    """
    kernel = assembly.ntk(problem, network, params, points, tile)
    return labelled_kernel(kernel, points.labels, points.coordinates, points.all)


def limit_ntk(
    problem: Problem,
    network: Network,
    points: Points,
    *,
    part: limit.Part = "kernel",
    key: Key[Array, ""] | None = None,
    draws: int | None = None,
) -> LabelledKernel:
    r"""The neural tangent kernel at initialisation in the limit of infinite width, at any depth.

    The labels of `hpcpinn.ntk`. For linear terms the limit is a fixed kernel, $\mathcal{L}_x \mathcal{L}_{x'}
    \Theta^*(x, x')$. Where a term is nonlinear in the fields it is random, and `draws` of it are exact draws, made
    without any network; they have a leading dimension `draw`. Nothing is extrapolated: activations enter through
    their Gaussian expectations, and the attribute `error` says how much of their squares is left out.

    Args:
        problem: the terms.
        network: the description of the networks; their width does not matter.
        points: where the terms are evaluated, from `problem.sample(counts)`.
        part: "kernel"; "summands" of it, by the linear map whose parameters move, with a leading dimension `site` (the
            conjugate kernel is that of "output"); or "covariance" of the rows at initialisation, of linear terms.
        key: of the draws.
        draws: how many; all equal where every term is linear.

    Returns:
        float64. With the parametrisation "standard" it is $K/N$ that converges, as the attribute `scaling` says.

    Raises:
        LimitError: a nonlinear problem without `draws`, or an architecture whose limit is not known.
        ProblemError: a term that cannot be evaluated or does not return one real number.
    """
    found = limit.limit_kernel(problem, network, points, part, key, draws)
    sites = {"site": found.sites} if found.sites else {}
    leading = sites | ({} if draws is None else {"draw": range(draws)})
    per_width = scaling(network, len(problem.coordinates)).per_width
    attrs = {
        "long_name": f"infinite-width limit of the {_PARTS[part]}",
        "scaling": "K / width" if per_width else "K",
        "error": found.expansion.error,
    }
    return labelled_kernel(found.values, points.labels, points.coordinates, points.all, leading, attrs)


_PARTS: dict[limit.Part, str] = {
    "kernel": "neural tangent kernel",
    "summands": "summands of the neural tangent kernel",
    "covariance": "covariance of the rows",
}
