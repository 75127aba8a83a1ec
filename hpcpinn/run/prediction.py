"""Training as linearised dynamics predict it, beside what the residuals of an ensemble really do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hpcpinn.kernel import blocks
from hpcpinn.training.linearized import Linearized

_Rows = Float[np.ndarray, "network row"]


@dataclass(frozen=True)
class Prediction:
    """The dynamics of every network of an ensemble.

    Attributes:
        counts: rows per term.
        start: residuals at step 0.
        rates: learning rates.
        dynamics: of every network, under each of the kernels that are held fixed.
    """

    counts: Mapping[str, int]
    start: _Rows
    rates: Float[np.ndarray, " network"]
    dynamics: Sequence[Sequence[Linearized]]

    def at(self, step: int, residuals: _Rows) -> dict[str, np.ndarray]:
        """What is predicted for this step, and what is found there; every result has a leading axis of networks."""
        found, predicted, norms = [], [], []
        for start, now, rate, under in zip(self.start, residuals, self.rates, self.dynamics, strict=True):
            after = [one.after(one.modes(start), rate, step) for one in under]
            found.append([np.abs(one.modes(now)) for one in under])
            predicted.append([np.abs(modes) for modes in after])
            norms.append([self._norms(one.residuals(modes)) for one, modes in zip(under, after, strict=True)])
        return {
            "residual_norm": np.array([self._norms(now) for now in residuals]),
            "predicted_residual_norm": np.array(norms),
            "mode_residual": np.array(found),
            "predicted_mode_residual": np.array(predicted),
        }

    def _norms(self, rows: Float[np.ndarray, " row"]) -> list[float]:
        return [float(np.linalg.norm(rows[of.start : of.stop])) for of in blocks.extents(self.counts).values()]
