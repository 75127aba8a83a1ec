"""Writes the parameters and the points of a case into a file, for a contender that cannot draw them."""

from typing import Any

import numpy as np

from benchmarks.kernel import equation, perceptron
from benchmarks.kernel.case import Case


def main() -> None:
    """Write the file that the case names, in the precision of the case."""
    case = Case.asked()
    arrays: dict[str, Any] = {"x": equation.points(case)["residual"]}
    for k, (weight, bias) in enumerate(perceptron.layers(equation.parameters(case))):
        arrays |= {f"weight_{k}": np.asarray(weight), f"bias_{k}": np.asarray(bias)}
    np.savez(case.parameters, **arrays)


if __name__ == "__main__":
    main()
