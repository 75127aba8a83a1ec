r"""Gradient descent with a kernel that stays as it is: the dynamics of infinitely wide networks of linear problems.

For $L = \sum_i w_i r_i^2$ one step of learning rate $\eta$ takes the linearised residuals to $(I - 2\eta K W)\,r$. In
the eigenbasis of $W^{1/2} K W^{1/2} = Q \Lambda Q^\top$ the modes $s = Q^\top W^{1/2} r$ go their ways one by one,

    s_j(k) = (1 - 2 eta lambda_j)^k s_j(0)

(Lee, Xiao et al. 2019, section 2.2, in discrete time; Wang, Yu and Perdikaris 2020 for gradient flow and
$L = |r|^2/2$). A mode grows where $\eta\lambda_j > 1$, see `training.stability`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hpcpinn.kernel import spectrum


@dataclass(frozen=True)
class Linearized:
    """The dynamics of one kernel and one loss.

    Attributes:
        eigenvalues: of $W^{1/2} K W^{1/2}$, largest first.
        vectors: its eigenvectors as columns, in the same order.
        root: square roots of the weights of the rows.
    """

    eigenvalues: Float[np.ndarray, " mode"]
    vectors: Float[np.ndarray, "row mode"]
    root: Float[np.ndarray, " row"]

    def modes(self, residuals: Float[np.ndarray, " row"]) -> Float[np.ndarray, " mode"]:
        r"""$Q^\top W^{1/2} r$."""
        return self.vectors.T @ (self.root * residuals)

    def residuals(self, modes: Float[np.ndarray, " mode"]) -> Float[np.ndarray, " row"]:
        r"""$W^{-1/2} Q s$."""
        return self.vectors @ modes / self.root

    def after(self, modes: Float[np.ndarray, " mode"], rate: float, steps: int) -> Float[np.ndarray, " mode"]:
        """The modes after so many steps of this learning rate; infinite where a mode has left the range of numbers."""
        with np.errstate(over="ignore"):
            return modes * (1 - 2 * rate * self.eigenvalues) ** steps


def linearized(kernel: Float[np.ndarray, "row row"], weights: Float[np.ndarray, " row"]) -> Linearized:
    """The dynamics under a kernel; NaN throughout for one that is not finite."""
    root = np.sqrt(weights)
    return Linearized(*spectrum.eigenbasis(root[:, None] * kernel * root), root)
