"""Rows of a batch: which terms there are, and how many points they have, is known only with the problem."""

from collections.abc import Mapping

from hpcpinn.errors import StudyError, nearest
from hpcpinn.plan.outline import Outline
from hpcpinn.study.configuration import Batch


def check_batch(batch: Batch, counts: Mapping[str, int], outline: Outline) -> None:
    """Refuse rows of a term that there is not, fewer than its faces, or more than the points they are drawn from.

    Args:
        batch: of a cell.
        counts: its points, by term.
        outline: of the problem.

    Raises:
        StudyError: with what is allowed.
    """
    for name, rows in batch.rows.items():
        if name not in outline.channels:
            raise StudyError(
                f"`batch.{name}` gives rows to `{name}`, which is no term of the problem; "
                f"{nearest(name, outline.terms)}"
            )
        least, most = outline.faces.get(name, 1), counts[name]
        if batch.drawn_from == "domain" and rows < least:
            raise _refused(name, rows, f"at least {least}, one for each of its faces", least)
        if batch.drawn_from == "points" and rows > most:
            raise _refused(name, rows, f"at most {most}, its points, from which they are drawn", most)


def _refused(name: str, rows: int, allowed: str, write: int) -> StudyError:
    return StudyError(f"`batch.{name}` cannot be {rows}; allowed: {allowed}. Write `{name} = {write}` under [batch].")
