"""Contender: this package."""

from benchmarks.kernel import equation, measurement
from benchmarks.kernel.case import Case
from hpcpinn.kernel import assembly


def main() -> None:
    """Measure the kernel of the case."""
    case = Case.asked()
    network, params, points = equation.network(case), equation.parameters(case), equation.points(case)
    measurement.tell(case, lambda: assembly.ntk(equation.PROBLEM, network, params, points))


if __name__ == "__main__":
    main()
