"""Points for every term of a problem: in the domain for the interior, on the faces for boundaries."""

from collections.abc import Mapping

import jax
import numpy as np
from jaxtyping import Array, Float, Key

from hpcpinn import errors
from hpcpinn.model import sampling
from hpcpinn.model.points import Points
from hpcpinn.model.terms import Face, Term

_Domain = Mapping[str, tuple[float, float]]


def sample(
    domain: _Domain, terms: Mapping[str, Term], counts: Mapping[str, int], key: Key[Array, ""] | None, method: str
) -> Points:
    """Points for every term; every term has random numbers of its own, whatever the others ask for.

    Raises:
        ProblemError: a term without points, points for a term that does not exist, fewer points than faces, or random
            points without a key.
    """
    _check_counts(terms, counts)
    if key is None and method != "grid":
        raise errors.ProblemError(f"sampling `{method}` is random; allowed: with a key. Pass key=jax.random.key(0).")
    seeds = np.random.SeedSequence(_entropy(key)).spawn(len(terms))
    by_term = {
        name: _term_points(domain, term, counts[name], _integer(seed), method)
        for (name, term), seed in zip(terms.items(), seeds, strict=True)
    }
    return Points(tuple(domain), by_term)


def _entropy(key: Key[Array, ""] | None) -> list[int]:
    return [] if key is None else [int(word) for word in np.asarray(jax.random.key_data(key)).ravel()]


def _integer(seed: np.random.SeedSequence) -> int:
    return int(seed.generate_state(1, np.uint64)[0])


def _check_counts(terms: Mapping[str, Term], counts: Mapping[str, int]) -> None:
    for name in counts:
        if name not in terms:
            raise errors.ProblemError(f"points for a term `{name}` that does not exist; {errors.nearest(name, terms)}")
    for name in terms:
        if counts.get(name, 0) < max(1, len(terms[name].faces)):
            faces = len(terms[name].faces)
            least = f"at least {faces}, one for each of its faces" if faces > 1 else "at least 1"
            raise errors.ProblemError(
                f"term `{name}` has {counts.get(name, 0)} points; allowed: {least}. "
                f"Write `{name} = {max(faces, 1)}` or more under [points]."
            )


def _term_points(domain: _Domain, term: Term, rows: int, seed: int, method: str) -> Float[np.ndarray, "row coordinate"]:
    parts = [_box(domain, face, count, seed + k, method) for k, (face, count) in enumerate(_shares(term, rows))]
    return np.concatenate(parts)


def _shares(term: Term, rows: int) -> list[tuple[Face | None, int]]:
    """The faces of a term with their rows, shared out evenly; the whole domain for a term of the interior."""
    faces = term.faces or (None,)
    return [(face, len(part)) for face, part in zip(faces, np.array_split(np.arange(rows), len(faces)), strict=True)]


def boxes(
    domain: _Domain, term: Term, rows: int
) -> tuple[Float[np.ndarray, "row coordinate"], Float[np.ndarray, "row coordinate"]]:
    """The lower corner and the extent of the box of every row: the domain, or the face of the term that has the row."""
    low, extent = [], []
    for face, count in _shares(term, rows):
        ends = {name: (face.value, face.value) if face and face.coordinate == name else domain[name] for name in domain}
        low += [[start for start, _ in ends.values()]] * count
        extent += [[end - start for start, end in ends.values()]] * count
    return np.array(low, dtype=np.float64), np.array(extent, dtype=np.float64)


def _box(domain: _Domain, face: Face | None, rows: int, seed: int, method: str) -> Float[np.ndarray, "row coordinate"]:
    free = [name for name in domain if face is None or name != face.coordinate]
    unit = sampling.method(method)(rows, len(free), seed)
    columns = {name: domain[name][0] + (domain[name][1] - domain[name][0]) * unit[:, k] for k, name in enumerate(free)}
    if face is not None:
        columns[face.coordinate] = np.full(rows, face.value)
    return np.stack([columns[name] for name in domain], axis=1)
