"""Public functions that join numerics and labels: a kernel of one network as a labelled array."""

from hpcpinn.kernel import assembly
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
