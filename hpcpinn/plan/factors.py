"""Factors of terms in the loss: which terms there are is known only with the problem."""

from hpcpinn.errors import StudyError, nearest
from hpcpinn.plan.outline import Outline
from hpcpinn.study.study import Study


def check_factors(study: Study, outline: Outline) -> None:
    """Refuse a factor of a term that the problem does not have; all cells have factors of the same terms.

    Raises:
        StudyError: with the nearest term.
    """
    first = study.configuration((0,) * len(study.cell_axes))
    for name in first.weights.of_terms:
        if name not in outline.channels:
            raise StudyError(
                f"`weights.{name}` gives a factor to `{name}`, which is no term of the problem `{first.problem}`; "
                f"{nearest(name, outline.terms)}"
            )
