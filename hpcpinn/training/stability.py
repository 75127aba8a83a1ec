r"""The stability edge of gradient descent.

For $L = \sum_i w_i r_i^2$ the Gauss-Newton Hessian is $2 J^\top W J$, with the same largest eigenvalue as
$2\, W^{1/2} K W^{1/2}$. Gradient descent on the linearised residuals contracts for learning rates below
$$\eta_\text{edge} = 1 / \lambda_\max(W^{1/2} K W^{1/2}).$$
"""

import numpy as np
from jaxtyping import Float

from hpcpinn.kernel import spectrum


def edge(kernel: Float[np.ndarray, "row row"], weights: Float[np.ndarray, " row"]) -> float:
    """The largest stable learning rate for this kernel and these row weights; NaN for a kernel that is not finite."""
    root = np.sqrt(weights)
    return 1 / spectrum.spectral_norm(root[:, None] * kernel * root)
