"""Where the terms of a problem are evaluated: the rows of every kernel."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Points:
    """Points of every term, in the order of the problem's terms, float64.

    `points["residual"]` has the shape (rows, coordinates).
    """

    coordinates: tuple[str, ...]
    by_term: Mapping[str, Float[np.ndarray, "row coordinate"]]

    def __getitem__(self, term: str) -> Float[np.ndarray, "row coordinate"]:
        """The points of one term."""
        return self.by_term[term]

    def of_term(self, term: str) -> "Points":
        """The points of one term alone."""
        return Points(self.coordinates, {term: self[term]})

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each term has."""
        return {term: len(rows) for term, rows in self.by_term.items()}

    @property
    def all(self) -> Float[np.ndarray, "row coordinate"]:
        """The points of all rows, one term after the other."""
        return np.concatenate(list(self.by_term.values()))

    @property
    def labels(self) -> list[str]:
        """The term of every row."""
        return [term for term, count in self.counts.items() for _ in range(count)]
