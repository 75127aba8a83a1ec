r"""How a learning rate falls: $\eta_k = \eta\, f^{k/p}$, or with stairs $\eta\, f^{\lfloor k/p \rfloor}$.

The papers' schedules: 0.9 per 1000 steps, continuous (arXiv 2001.04536 and 2007.14527), 0.9 per 5000 (arXiv 2307.00379
and 2403.18494).
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


@dataclass(frozen=True)
class Decay:
    """The factor of the learning rate.

    Attributes:
        factor: $f$; 1 for a rate that stays.
        every: $p$ steps.
        stairs: whether it falls at whole multiples of $p$ only.
    """

    factor: float = 1.0
    every: int = 1000
    stairs: bool = False

    def __call__(self, step: Int[Array, ""]) -> Float[Array, ""] | float:
        """The factor of the step that follows so many steps."""
        if self.factor == 1.0:
            return 1.0
        times = step // self.every if self.stairs else step / self.every
        return jnp.asarray(self.factor, "float64") ** times


STEADY = Decay()
