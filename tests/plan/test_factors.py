import pytest

from hpcpinn.errors import StudyError
from tests.plan.conftest import TRAINING


def test_a_factor_of_no_term_is_refused_with_the_nearest(plan):
    with pytest.raises(StudyError) as caught:
        plan(rest=TRAINING + 'weighting = "fixed"\n[weights]\nboundery = 2\n')
    assert str(caught.value) == (
        "`weights.boundery` gives a factor to `boundery`, which is no term of the problem `poisson1d`; "
        "allowed: boundary, residual. Did you mean `boundary`?"
    )


def test_a_swept_factor_is_that_of_a_term_too(plan):
    with pytest.raises(StudyError, match=r"`weights.walls`.*allowed: boundary, residual\."):
        plan(sweep='"weights.walls" = [1, 10]', rest=TRAINING + 'weighting = "fixed"\n')


def test_factors_of_terms_are_planned(plan):
    swept = plan(sweep='"weights.boundary" = [1, 10]', rest=TRAINING + 'weighting = "fixed"\n')
    assert {name: swept.sizes[name] for name in ("boundary", "term")} == {"boundary": 2, "term": 2}
