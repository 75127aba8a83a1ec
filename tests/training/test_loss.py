import jax
import numpy as np
import pytest

from hpcpinn import errors
from hpcpinn.training import loss

COUNTS = {"residual": 4, "boundary": 2}

# The sum over a term of r^2 is 30 for r = 1, 2, 3, 4.
SHARES = {"mean": 7.5, "sum": 30.0, "half_mean": 3.75, "half_sum": 15.0}


def test_the_weight_of_a_row_by_hand():
    expected = {"mean": (0.25, 0.5), "sum": (1.0, 1.0), "half_mean": (0.125, 0.25), "half_sum": (0.5, 0.5)}
    for name, (residual, boundary) in expected.items():
        assert loss.term_weights(name, COUNTS) == (("residual", residual), ("boundary", boundary))
    assert set(loss.NORMALIZATIONS) == set(expected)


@pytest.mark.parametrize(("name", "share"), SHARES.items())
def test_the_share_of_a_term_by_hand(name, share):
    weights = loss.row_weights(loss.term_weights(name, {"residual": 4}), {"residual": 4})
    assert weights @ np.array([1.0, 2.0, 3.0, 4.0]) ** 2 == share


def test_rows_have_the_weights_of_their_terms():
    weights = loss.row_weights(loss.term_weights("mean", COUNTS), COUNTS)
    np.testing.assert_array_equal(weights, [0.25] * 4 + [0.5] * 2)


def test_the_shares_are_weighted_squares_of_the_residuals(case, eps):
    shares = case.objective.losses(case.params, case.x)
    squares = case.row_weights * case.residuals(case.params) ** 2
    np.testing.assert_allclose(shares, [squares[:4].sum(), squares[4:].sum()], rtol=100 * eps)


def test_its_gradient_is_twice_the_weighted_residuals_through_the_jacobian(case, eps):
    """|grad L|^2 = 4 (W r)^T K (W r): loss, weights and kernel speak of the same rows."""
    slope = jax.jit(jax.grad(lambda theta: case.objective.losses(theta, case.x).sum()))(case.params)
    pulled = case.row_weights * case.residuals(case.params)
    squared = sum(float((leaf**2).sum()) for leaf in jax.tree.leaves(slope))
    assert squared == pytest.approx(4 * pulled @ case.kernel @ pulled, rel=1000 * eps)


def test_a_loss_that_does_not_exist_is_refused_by_name():
    with pytest.raises(errors.StudyError, match=r"`maen` does not exist.*`mean`"):
        loss.term_weights("maen", COUNTS)
